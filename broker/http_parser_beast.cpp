#include "broker/http_parser_beast.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "broker/http_limits.h"
#include "config/printable.h"

namespace yizhan::broker {

namespace {

namespace http = boost::beast::http;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

struct HttpParser::Parts {
  using Chunk =
      std::function<void(std::uint64_t, boost::beast::string_view, boost::system::error_code&)>;

  explicit Parts(const HostList& allowed) : hosts(&allowed) {}

  State refuse(int status) {
    verdict = {};
    verdict.status = status;
    return state = State::kRefused;
  }

  /// Hands the whole head to Beast, which must agree with the gate that it is one.
  State begin_body(std::string& input) {
    parser.emplace();
    parser->header_limit(kMaxRequestLineBytes + kMaxHeaderBytes + 64);
    parser->body_limit(kMaxProbeBodyBytes);
    parser->on_chunk_header(on_chunk);
    boost::system::error_code error;
    const std::size_t used = parser->put(boost::asio::buffer(input.data(), reader.size()), error);
    if (error || used != reader.size()) return refuse(400);
    input.erase(0, used);
    parser->eager(true);
    return state = parser->is_done() ? State::kDone : State::kBody;
  }

  State continue_body(std::string& input) {
    if (input.empty()) return state;
    boost::system::error_code error;
    input_start = input.data();
    const std::size_t used = parser->put(boost::asio::buffer(input), error);
    input.erase(0, used);
    framed += used;
    if (error == http::error::body_limit || framed > kMaxFramedBodyBytes) return refuse(413);
    if (error && error != http::error::need_more) return refuse(400);
    if (parser->is_done()) return state = State::kDone;
    // What is left is a chunk's first line, or trailers, without an end.
    return input.size() > kMaxChunkLineBytes ? refuse(400) : state;
  }

  /// Beast reads a chunk's size whatever its zeros and takes extensions of any length.
  void judge_chunk(boost::beast::string_view extension, boost::system::error_code& error) const {
    std::size_t digits = 0;
    for (const char* c = extension.data(); c > input_start && is_hex_digit(c[-1]); --c) ++digits;
    if (digits > kMaxChunkSizeDigits || extension.size() > kMaxChunkExtensionBytes) {
      error = http::error::bad_chunk;
    }
  }

  const HostList* hosts;
  State state = State::kHead;
  HeadReader reader;
  HttpVerdict verdict;
  std::optional<http::request_parser<http::string_body>> parser;
  Chunk on_chunk = [this](std::uint64_t, boost::beast::string_view extension,
                          boost::system::error_code& error) { judge_chunk(extension, error); };
  const char* input_start = nullptr;  // of what Beast was given last
  std::size_t framed = 0;
};

HttpParser::HttpParser(const HostList& hosts) : parts_(std::make_unique<Parts>(hosts)) {}
HttpParser::~HttpParser() = default;
HttpParser::HttpParser(HttpParser&&) noexcept = default;
HttpParser& HttpParser::operator=(HttpParser&&) noexcept = default;

HttpParser::State HttpParser::state() const {
  return parts_->state;
}

HttpParser::State HttpParser::feed(std::string& input) {
  Parts& parts = *parts_;
  if (parts.state == State::kHead) {
    const HeadReader::State head = parts.reader.read(input);
    if (head == HeadReader::State::kMore) return parts.state;
    if (head == HeadReader::State::kRefused) return parts.refuse(parts.reader.status());
    parts.verdict = judge_head(parts.reader.head(), *parts.hosts);
    if (parts.verdict.status != 0) return parts.state = State::kRefused;
    parts.begin_body(input);
  }
  return parts.state == State::kBody ? parts.continue_body(input) : parts.state;
}

const HttpPlan& HttpParser::plan() const {
  return parts_->verdict.plan;
}

const HttpVerdict& HttpParser::refusal() const {
  return parts_->verdict;
}

const HttpHead& HttpParser::head() const {
  return parts_->reader.head();
}

std::size_t HttpParser::body_bytes() const {
  return parts_->framed;
}

HttpRequest HttpParser::take_request() {
  const HttpHead& head = parts_->reader.head();
  HttpRequest request;
  request.method = head.method;
  request.target = head.target;
  request.host = head.value("host");
  request.accept_language = head.value("accept-language");
  request.user_agent = printable(head.value("user-agent"), kMaxUserAgentBytes);
  request.content_type = head.value("content-type");
  request.body = std::move(parts_->parser->get().body());
  request.prefetch = plan().prefetch;
  return request;
}

}  // namespace yizhan::broker
