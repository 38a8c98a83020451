// What is said on one connection.

#include <boost/asio/write.hpp>
#include <utility>

#include "broker/http_server_parts_beast.h"
#include "broker/http_text.h"
#include "broker/http_tls_beast.h"
#include "broker/pages.h"
#include "config/clock.h"

namespace yizhan::broker {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 8 * 1024;
constexpr int kNobody = -1;  // in place of a status: there is nobody to answer
constexpr const char* kPlainHttp = "This is HTTPS: begin the address with https://\n";
constexpr const char* kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace

Micros HttpServer::Parts::time_for(std::size_t bytes) const {
  return std::chrono::seconds{1} * static_cast<Micros::rep>(bytes) /
         static_cast<Micros::rep>(options.min_bytes_per_second);
}

awaitable<void> HttpServer::Parts::serve(HttpConnectionPtr self) {
  HttpConnection& c = *self;
  if (c.tls && !co_await shake_hands(c)) co_return;
  for (int served = 1; true; ++served) {
    HttpParser parser(hosts);
    const int status = co_await receive(c, parser, served == 1);
    if (status == kNobody) co_return;
    bool keep = served < kMaxRequestsPerConnection;
    const HttpResponse response = co_await respond(c, parser, status, keep);
    if (closing) co_return;
    const bool without_body = parser.head().method == "HEAD";
    const std::string text = response_text(response, {keep, without_body, read_clock().wall});
    enter(c, Phase::kWrite, options.write_grace + time_for(text.size()));
    if (!co_await write(c, text)) co_return;
    if (!keep) break;
  }
  co_await linger(c);
}

/// False: the conversation is over. Who speaks HTTP without TLS is told so.
awaitable<bool> HttpServer::Parts::shake_hands(HttpConnection& c) {
  enter(c, Phase::kHandshake, options.handshake_timeout);
  error_code error;
  co_await c.tls->async_handshake(asio::ssl::stream_base::server, into(error));
  if (!error) co_return true;
  ++counters.handshakes_failed;
  if (!was_plain_http(error) || closing) co_return false;
  c.tls.reset();
  ++counters.refused;
  const std::string text =
      response_text(plain_page(0, 400, kPlainHttp), {false, false, read_clock().wall});
  enter(c, Phase::kWrite, options.linger_timeout);
  if (co_await write(c, text)) co_await linger(c);
  co_return false;
}

/// Reads into c.input from `at` on, which has room for kReadBytes there. How many came.
awaitable<std::size_t> HttpServer::Parts::read_some(HttpConnection& c, std::size_t at,
                                                    error_code& error) {
  const auto room = asio::buffer(c.input.data() + at, kReadBytes);
  if (c.tls) co_return co_await c.tls->async_read_some(room, into(error));
  co_return co_await c.socket.async_read_some(room, into(error));
}

/// 0: the request is whole; kNobody; or the status to refuse it with.
awaitable<int> HttpServer::Parts::receive(HttpConnection& c, HttpParser& parser, bool first) {
  enter(c, first ? Phase::kHead : Phase::kIdle,
        first ? options.header_timeout : options.idle_timeout);
  bool continued = false;
  while (true) {
    const HttpParser::State state = parser.feed(c.input);
    if (state == HttpParser::State::kDone) co_return 0;
    if (state == HttpParser::State::kRefused) co_return parser.refusal().status;
    if (c.phase == Phase::kIdle && !c.input.empty()) {
      enter(c, Phase::kHead, options.header_timeout);
    }
    if (state == HttpParser::State::kBody) {
      if (c.phase != Phase::kBody) enter(c, Phase::kBody, options.body_grace);
      c.deadline = c.since + options.body_grace + time_for(parser.body_bytes() + c.input.size());
      if (parser.plan().expects_continue && !std::exchange(continued, true) &&
          !co_await write(c, kContinue)) {
        co_return kNobody;
      }
    }
    const std::size_t size = c.input.size();
    c.input.resize(size + kReadBytes);
    error_code error;
    const std::size_t got = co_await read_some(c, size, error);
    c.input.resize(size + got);
    if (c.timed_out) co_return c.phase == Phase::kIdle ? kNobody : 408;
    if (error) co_return kNobody;
  }
}

/// Sets `keep` to whether the connection goes on: never after a refusal, since what follows could
/// be anything.
awaitable<HttpResponse> HttpServer::Parts::respond(HttpConnection& c, HttpParser& parser,
                                                   int status, bool& keep) {
  const bool may_keep = std::exchange(keep, false);
  const HttpHead& head = parser.head();
  const Language language = choose_language(head.target, head.value("accept-language"));
  if (status != 0) {
    HttpResponse response = refusal(status, language);
    const char* allow = parser.refusal().allow;
    if (status == 405 && allow != nullptr) response.headers.emplace_back("Allow", allow);
    co_return response;
  }
  const std::string client = options.proxies.client_of(c.address, head);
  if (parser.plan().area == HttpArea::kProbe) {
    const Micros wait = clients.take_probe(share_of(client), read_clock().steady);
    if (wait > Micros::zero()) {
      HttpResponse response = refusal(429, language);
      response.headers.emplace_back(
          "Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()));
      co_return response;
    }
  }
  HttpRequest request = parser.take_request();
  request.address = client;
  HttpResponse response = co_await ask_core(c, std::move(request));
  if (response.id == 0) co_return refusal(503, language);
  keep = may_keep && parser.plan().keep_alive;
  co_return response;
}

/// An id of 0: the core takes no more, or did not answer in time.
awaitable<HttpResponse> HttpServer::Parts::ask_core(HttpConnection& c, HttpRequest request) {
  const std::uint64_t id = ++last_id;
  request.id = id;
  if (closing || !waiting.push(std::move(request))) co_return HttpResponse{};
  ++counters.requests;
  enter(c, Phase::kAnswer, options.answer_timeout);
  asked.emplace(id, &c);
  error_code ignored;
  c.answered.expires_at(asio::steady_timer::time_point::max());
  co_await c.answered.async_wait(into(ignored));
  asked.erase(id);
  auto answer = std::exchange(c.answer, std::nullopt);
  co_return answer ? std::move(*answer) : HttpResponse{};
}

HttpResponse HttpServer::Parts::refusal(int status, Language language) {
  ++counters.refused;
  HttpResponse response = status_page(0, status, language);
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

awaitable<bool> HttpServer::Parts::write(HttpConnection& c, const std::string& text) {
  error_code error;
  if (c.tls) {
    co_await asio::async_write(*c.tls, asio::buffer(text), into(error));
  } else {
    co_await asio::async_write(c.socket, asio::buffer(text), into(error));
  }
  co_return !error;
}

awaitable<void> HttpServer::Parts::turn_away(HttpConnectionPtr self) {
  const std::string text =
      response_text(refusal(503, Language::kEnglish), {false, false, read_clock().wall});
  enter(*self, Phase::kWrite, options.linger_timeout);
  if (co_await write(*self, text)) co_await linger(*self);
  --turned_away;
}

/// Closing with something unread would reset the connection, and the answer could be lost on its
/// way. So what still comes is thrown away, until the other side ends or for a while.
awaitable<void> HttpServer::Parts::linger(HttpConnection& c) {
  enter(c, Phase::kLinger, options.linger_timeout);
  error_code error;
  if (c.tls) co_await c.tls->async_shutdown(into(error));
  error = {};
  c.socket.shutdown(tcp::socket::shutdown_send, error);
  c.input.resize(kReadBytes);
  while (!error && read_clock().steady < c.deadline) {
    co_await c.socket.async_read_some(asio::buffer(c.input), into(error));
  }
}

}  // namespace yizhan::broker
