#include "broker/http_server_beast.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "broker/http_listen_beast.h"
#include "broker/http_server_parts_beast.h"
#include "broker/http_tls_beast.h"
#include "config/clock.h"
#include "config/log.h"

namespace yizhan::broker {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

/// How late a deadline may be noticed. All of them are looked at together, since most never come.
constexpr Micros kSweepInterval = milliseconds{250};
constexpr Micros kShortestSweepInterval = milliseconds{10};
/// Between tries to accept when the system has no descriptors or memory for it: without a pause
/// this thread would spin.
constexpr milliseconds kAcceptPause{100};
constexpr Micros kAcceptWarningInterval = std::chrono::minutes{1};

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

}  // namespace

awaitable<void> HttpServer::Parts::accept_all() {
  while (!closing) {
    tcp::socket socket(io);
    error_code error;
    co_await acceptor.async_accept(socket, into(error));
    if (closing) co_return;
    if (!error) {
      welcome(std::move(socket));
      continue;
    }
    warn_of_accept(error);
    close_longest_idle();
    accept_pause.expires_after(kAcceptPause);
    co_await accept_pause.async_wait(into(error));
  }
}

void HttpServer::Parts::warn_of_accept(const error_code& error) {
  const Steady now = read_clock().steady;
  if (warned && now - *warned < kAcceptWarningInterval) return;
  warned = now;
  log_warning("accepting HTTP connections on " + endpoint + ": " + error.message() +
              "; trying again. If descriptors are short, raise LimitNOFILE");
}

void HttpServer::Parts::welcome(tcp::socket socket) {
  error_code error;
  const tcp::endpoint other = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay(true), error);
  ++counters.connections;
  const auto c = std::make_shared<HttpConnection>(std::move(socket));
  c->address = address_text(other.address());
  c->share = share_of(c->address);
  if (places >= options.max_connections) close_longest_idle();
  // A proxy asks for many people; those are counted one by one, by what they ask.
  const bool may_have_any = options.proxies.trusts(c->address);
  c->has_share = places < options.max_connections && !may_have_any && clients.enter(c->share);
  if (c->has_share || (may_have_any && places < options.max_connections)) {
    c->has_place = true;
    ++places;
    if (tls) c->tls.emplace(c->socket, *tls);
    return start(c, serve(c));
  }
  ++counters.over_limit;
  if (tls) return;  // a handshake to tell it in would be what the limit is against
  if (turned_away >= kMaxConnectionsRefused) return;
  ++turned_away;
  start(c, turn_away(c));
}

void HttpServer::Parts::start(const HttpConnectionPtr& c, awaitable<void> conversation) {
  connections.insert(c);
  ++counters.open;
  arm_sweep();
  // Whatever ends the conversation, memory running out for one, its place becomes free.
  asio::co_spawn(io, std::move(conversation), [this, c](const std::exception_ptr&) {
    give_up_place(*c);
    connections.erase(c);
    --counters.open;
  });
}

void HttpServer::Parts::give_up_place(HttpConnection& c) {
  if (std::exchange(c.has_place, false)) --places;
  if (std::exchange(c.has_share, false)) clients.leave(c.share);
}

void HttpServer::Parts::close_longest_idle() {
  HttpConnection* longest = nullptr;
  for (const HttpConnectionPtr& c : connections) {
    const bool idle = c->phase == Phase::kIdle && c->has_place;
    if (idle && (longest == nullptr || c->since < longest->since)) longest = c.get();
  }
  if (longest == nullptr) return;
  give_up_place(*longest);
  error_code ignored;
  longest->socket.close(ignored);
}

void HttpServer::Parts::enter(HttpConnection& c, Phase phase, Micros allowed) {
  c.phase = phase;
  c.timed_out = false;
  c.since = read_clock().steady;
  c.deadline = c.since + allowed;
}

void HttpServer::Parts::arm_sweep() {
  if (sweeping || connections.empty() || closing) return;
  sweeping = true;
  const Micros shortest = std::min({options.handshake_timeout, options.header_timeout,
                                    options.body_grace, options.idle_timeout, options.write_grace,
                                    options.answer_timeout, options.linger_timeout});
  sweeper.expires_after(
      std::max(kShortestSweepInterval, std::min(kSweepInterval, Micros(shortest / 4))));
  sweeper.async_wait([this](const error_code&) {
    sweeping = false;
    sweep();
    arm_sweep();
  });
}

void HttpServer::Parts::sweep() {
  const Steady now = read_clock().steady;
  for (const HttpConnectionPtr& c : connections) {
    if (now < c->deadline) continue;
    const bool quiet = c->phase == Phase::kIdle || c->phase == Phase::kLinger;
    if (!std::exchange(c->timed_out, true) && !quiet) ++counters.timed_out;
    // Again at every sweep until it has ended: what has just completed cannot be cancelled, and
    // the next operation would wait for ever.
    error_code ignored;
    c->socket.cancel(ignored);
    c->answered.cancel();
  }
}

void HttpServer::Parts::finish(HttpResponse response) {
  const auto found = asked.find(response.id);
  if (found == asked.end()) return;
  found->second->answer = std::move(response);
  found->second->answered.cancel();
}

void HttpServer::Parts::close_all() {
  closing = true;
  error_code ignored;
  acceptor.close(ignored);
  accept_pause.cancel();
  sweeper.cancel();
  for (const HttpConnectionPtr& c : connections) {
    c->socket.close(ignored);
    c->answered.cancel();
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(const HttpServerOptions& options) {
  TRY_ASSIGN(Descriptor event, open_event());
  auto parts = std::make_unique<Parts>(options, std::move(event));
  if (!options.tls.certificate.empty()) {
    TRY(use_tls(parts->tls.emplace(asio::ssl::context::tls_server), options.tls));
  }
  TRY(listen_on(options.listen, parts->acceptor));
  parts->endpoint = endpoint_text(parts->acceptor);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  asio::co_spawn(parts_->io, parts_->accept_all(), asio::detached);
  parts_->thread = std::thread([io = &parts_->io] { io->run(); });
}

HttpServer::~HttpServer() {
  asio::post(parts_->io, [parts = parts_.get()] { parts->close_all(); });
  parts_->thread.join();
}

Status HttpServer::reload_tls() {
  const TlsFiles& files = parts_->options.tls;
  if (files.certificate.empty()) return {};
  asio::ssl::context fresh(asio::ssl::context::tls_server);
  TRY(use_tls(fresh, files));
  asio::post(parts_->io, [parts = parts_.get(), fresh = std::move(fresh)]() mutable {
    parts->tls.emplace(std::move(fresh));  // OpenSSL keeps the old one while a connection has it
  });
  return {};
}

int HttpServer::fd() const {
  return parts_->waiting.fd();
}

void HttpServer::drain(std::vector<HttpRequest>& requests, std::size_t max) {
  parts_->waiting.drain(requests, max);
}

void HttpServer::answer(HttpResponse response) {
  asio::post(parts_->io, [parts = parts_.get(), answer = std::move(response)]() mutable {
    parts->finish(std::move(answer));
  });
}

const std::string& HttpServer::endpoint() const {
  return parts_->endpoint;
}

HttpServer::Counters HttpServer::counters() const {
  const auto& now = parts_->counters;
  return {now.connections, now.over_limit,        now.requests, now.refused,
          now.timed_out,   now.handshakes_failed, now.open};
}

}  // namespace yizhan::broker
