// The HTTP side alone: an HttpServer whose requests are answered by a loop of this program's, each
// GET with a rendered probe page, each POST with thanks. For wrk, and to look at the pages.
// Usage: http_echo_pages ADDRESS:PORT; ends when its standard input does.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "broker/http_form.h"
#include "broker/http_server_beast.h"
#include "broker/pages.h"
#include "broker/probe_link.h"
#include "config/clock.h"

namespace {

using namespace yizhan;
using namespace yizhan::broker;

constexpr std::size_t kDrained = 256;

ProbePage sample_task() {
  ProbePage page;
  page.title = "减速机用户手册 R4 · PRJ-2026-0311";
  page.sender = "Zhang Min (zhang.min@pm.bj)";
  page.fields = {{"kind", "task"},
                 {"priority", "high"},
                 {"project.client", "HL-GEAR"},
                 {"job.id", "PRJ-2026-0311-EN-ZHCN-T1"},
                 {"job.type", "translate"},
                 {"languages", "en-US → zh-CN"},
                 {"job.due", "2026-03-06T18:00:00+08:00"},
                 {"count.total", "12,480 (8,150 weighted)"},
                 {"offer.amount", "2,445.00 CNY"},
                 {"instructions.text",
                  "Follow the client's style guide, chapter 3.\nWarnings and cautions keep their "
                  "signal words; segment 6 is still under discussion."}};
  page.attachments = {"manual_R4.docx", "style-guide_v3.pdf", "termbase_HL.tbx"};
  page.buttons = {"accepted", "declined"};
  return page;
}

/// The pages one wants to look at, by what stands where the token would.
HttpResponse page_for(const HttpRequest& request, const LinkKey& key, Instant now) {
  const Language language = choose_language(request.target, request.accept_language);
  const std::string token(token_of(request.target));
  if (request.target == "/healthz") return plain_page(request.id, 200, "ok\n");
  if (token == "missing") return status_page(request.id, 404, language);
  ProbePage page = sample_task();
  page.nonce = make_nonce(key, token, now);
  if (token == "expired") page.state = ProbePage::kExpired;
  if (token == "cancelled") page.state = ProbePage::kCancelled;
  if (token == "answered") {
    page.state = ProbePage::kActivated;
    page.activated_as = "accepted";
    page.activated_at = now;
    page.buttons.clear();
  }
  if (request.method != "POST" || request.prefetch) {
    return token == "thanks" ? thanks_page(request.id, page.title, "accepted", language)
                             : probe_page(request.id, page, language);
  }
  const auto form = read_probe_form(request.body);
  const bool good = form && check_nonce(key, token, form->nonce, now);
  return good ? thanks_page(request.id, page.title, form->state, language)
              : status_page(request.id, 400, language);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  HttpServerOptions options;
  options.listen = argv[1];
  options.per_address = {kMaxConnections, 0};
  const auto server = HttpServer::open(options);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  const LinkKey key = LinkKey::derive(SecretKey{});
  std::printf("http://%s/p/sample\n", (*server)->endpoint().c_str());
  std::fflush(stdout);
  std::vector<HttpRequest> requests;
  pollfd items[] = {{(*server)->fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (poll(items, 2, -1) >= 0 && items[1].revents == 0) {
    requests.clear();
    (*server)->drain(requests, kDrained);
    const Instant now = read_clock().wall;
    for (const HttpRequest& request : requests) (*server)->answer(page_for(request, key, now));
  }
  return 0;
}
