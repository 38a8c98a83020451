// Any bytes as what an HTTP client sends: a request, a token, a nonce, Accept-Language, a form. No
// crash, no hang; a request is the same however its bytes are cut; nobody guesses a token; and what
// is shown of it on a page is escaped.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/http_form.h"
#include "broker/http_limits.h"
#include "broker/http_parser_beast.h"
#include "broker/language.h"
#include "broker/pages.h"
#include "broker/probe_link.h"
#include "broker/webhook.h"
#include "config/result.h"

namespace {

using namespace yizhan;
using namespace yizhan::broker;

struct Parsed {
  HttpParser::State state;
  int status;
  std::string body;
};

Parsed parse(std::string_view bytes, std::size_t piece) {
  static const HostList hosts("http://relay.example.com", "127.0.0.1:8480");
  HttpParser parser(hosts);
  std::string input;
  HttpParser::State state = parser.state();
  for (std::size_t at = 0; at < bytes.size() && state < HttpParser::State::kDone; at += piece) {
    input += bytes.substr(at, piece);
    state = parser.feed(input);
  }
  Parsed parsed{state, parser.refusal().status, ""};
  if (state == HttpParser::State::kDone) {
    HttpRequest request = parser.take_request();
    CHECK_THAT_HOLDS(request.body.size() <= kMaxProbeBodyBytes);
    CHECK_THAT_HOLDS(request.target.size() <= kMaxRequestLineBytes);
    CHECK_THAT_HOLDS(request.user_agent.size() <= kMaxUserAgentBytes);
    parsed.body = std::move(request.body);
  }
  return parsed;
}

void check_request(std::string_view bytes) {
  const Parsed whole = parse(bytes, std::max<std::size_t>(1, bytes.size()));
  for (const std::size_t piece : {1U, 3U, 100U}) {
    const Parsed pieces = parse(bytes, piece);
    // Which of two bounds is passed first may depend on the cut, that one is passed does not.
    CHECK_THAT_HOLDS(pieces.state == whole.state);
    CHECK_THAT_HOLDS(pieces.body == whole.body);
  }
}

void check_page(std::string_view bytes) {
  ProbePage page;
  page.title = page.sender = page.nonce = bytes;
  page.fields = {{std::string(bytes), std::string(bytes)}, {"job.due", std::string(bytes)}};
  page.buttons = page.attachments = {std::string(bytes)};
  const std::string marked = escape_html(bytes);
  CHECK_THAT_HOLDS(marked.find_first_of("<>\"'") == std::string::npos);
  const auto markup = [](const std::string& html) {
    return std::count(html.begin(), html.end(), '<');
  };
  // "Cut" and "not cut" differ in text only.
  ProbePage plain = page;
  plain.title = plain.sender = plain.nonce = "x";
  plain.fields = {{"x", "x"}, {"job.due", "x"}};
  plain.buttons = plain.attachments = {"x"};
  CHECK_THAT_HOLDS(markup(probe_page(1, page, Language::kEnglish).body) ==
                   markup(probe_page(1, plain, Language::kEnglish).body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const LinkKey key = LinkKey::derive(SecretKey{});
  CHECK_THAT_HOLDS(!read_token(key, bytes));
  CHECK_THAT_HOLDS(!check_nonce(key, bytes, bytes, Instant{}));
  (void)choose_language(bytes, bytes);
  (void)token_of(bytes);
  if (const auto form = read_probe_form(bytes)) {
    CHECK_THAT_HOLDS(!form->state.empty() && !form->nonce.empty());
    CHECK_THAT_HOLDS(form_value(bytes, "confirm") == "1");
  }
  (void)parse_webhook_url(bytes);
  (void)check_webhook_headers({{std::string(bytes), std::string(bytes)}});
  check_request(bytes);
  check_page(bytes);
  return 0;
}
