#include "broker/webhook_beast.h"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <limits>
#include <set>
#include <thread>
#include <utility>

#include "broker/handover_linux.h"
#include "config/printable.h"
#include "config/version.h"

namespace yizhan::broker {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using Request = http::request<http::string_body>;

constexpr std::size_t kReadBytes = 4 * 1024;
constexpr std::size_t kMaxErrorBytes = 200;
constexpr unsigned kHttp11 = 11;

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

/// One attempt. Its result is given when its time is over, but it lives until its last operation
/// has ended.
struct Attempt {
  Attempt(asio::io_context& io, WebhookOrder given)
      : order(std::move(given)), resolver(io), socket(io), timer(io) {
    result.effect = order.effect;
  }
  WebhookOrder order;
  WebhookUrl url;
  WebhookResult result;
  bool reported = false;
  tcp::resolver resolver;
  tcp::socket socket;  ///< also underneath TLS
  asio::steady_timer timer;
};
using AttemptPtr = std::shared_ptr<Attempt>;

std::string failure(const std::string& doing, const error_code& error) {
  return printable(doing + ": " + error.message(), kMaxErrorBytes);
}

Request make_request(const Attempt& attempt) {
  Request request(http::verb::post, attempt.url.target, kHttp11);
  request.set(http::field::content_type, "application/json");
  request.set(http::field::user_agent, std::string("yizhan/") + kProgramVersion);
  for (const auto& [name, value] : attempt.order.headers) request.set(name, value);
  request.set(http::field::host, attempt.url.host_header());
  request.set(http::field::connection, "close");
  request.body() = attempt.order.body;
  request.prepare_payload();
  return request;
}

/// Reads the answer, at most kMaxWebhookAnswerBytes of its body. Whatever ends it early, its status
/// counts once its head is there.
template <class Stream>
awaitable<void> read_answer(Stream& stream, WebhookResult& result) {
  http::response_parser<http::buffer_body> parser;
  parser.header_limit(kMaxWebhookAnswerHeadBytes);
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());  // the loop below has its own
  boost::beast::flat_buffer buffer(kMaxWebhookAnswerHeadBytes + kReadBytes);
  error_code error;
  co_await http::async_read_header(stream, buffer, parser, into(error));
  if (error) {
    result.error = failure("reading the answer", error);
    co_return;
  }
  const int status = static_cast<int>(parser.get().result_int());
  std::array<char, kReadBytes> piece;
  for (std::size_t total = 0; !parser.is_done() && total < kMaxWebhookAnswerBytes && !error;) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    co_await http::async_read_some(stream, buffer, parser, into(error));
    if (error == http::error::need_buffer) error = {};
    const std::size_t got = piece.size() - parser.get().body().size;
    total += got;
    result.body.append(piece.data(), std::min(got, kWebhookBodyKept - result.body.size()));
  }
  result.status = status;
}

template <class Stream>
awaitable<void> exchange(Stream& stream, Attempt& attempt) {
  error_code error;
  const Request request = make_request(attempt);
  // An answer may come before all has been read ("too large"): it counts, also after this fails.
  co_await http::async_write(stream, request, into(error));
  co_await read_answer(stream, attempt.result);
  if (error && attempt.result.status == 0) attempt.result.error = failure("sending", error);
}

}  // namespace

struct WebhookClient::Parts {
  explicit Parts(Descriptor event)
      : results(std::move(event), std::numeric_limits<std::size_t>::max()) {}

  Status trust(const std::string& ca_file);
  void take(WebhookOrder order);
  void start_next();
  awaitable<void> perform(AttemptPtr self);
  awaitable<bool> connect(Attempt& attempt);
  awaitable<void> talk_tls(Attempt& attempt);
  void limit_time(const AttemptPtr& attempt);
  void report(Attempt& attempt);
  void close_all();

  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  ssl::context tls{ssl::context::tls_client};
  std::deque<WebhookOrder> waiting;
  std::set<AttemptPtr> attempts;
  bool closing = false;
  Handover<WebhookResult> results;
  std::thread thread;
};

Status WebhookClient::Parts::trust(const std::string& ca_file) {
  error_code error;
  tls.set_options(
      ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  if (!error) tls.set_default_verify_paths(error);
  if (!error) tls.set_verify_mode(ssl::verify_peer, error);
  if (error) return Error{Code::kIo, "preparing TLS for webhooks: " + error.message()};
  if (ca_file.empty()) return {};
  tls.load_verify_file(ca_file, error);
  if (!error) return {};
  return Error{Code::kInvalid, "certificates of " + ca_file + ": " + error.message()};
}

void WebhookClient::Parts::take(WebhookOrder order) {
  if (waiting.size() >= kMaxWebhooksWaiting) {
    results.push({order.effect, 0, "too many webhooks wait already", {}});
    return;
  }
  waiting.push_back(std::move(order));
  start_next();
}

void WebhookClient::Parts::start_next() {
  while (!closing && attempts.size() < kMaxWebhooksAtOnce && !waiting.empty()) {
    const auto attempt = std::make_shared<Attempt>(io, std::move(waiting.front()));
    waiting.pop_front();
    attempts.insert(attempt);
    limit_time(attempt);
    asio::co_spawn(io, perform(attempt), [this, attempt](const std::exception_ptr& failed) {
      if (failed) attempt->result.error = "out of memory, or a fault in the HTTP library";
      report(*attempt);
      attempt->timer.cancel();
      attempts.erase(attempt);
      start_next();
    });
  }
}

void WebhookClient::Parts::limit_time(const AttemptPtr& attempt) {
  attempt->timer.expires_after(attempt->order.timeout);
  attempt->timer.async_wait([this, attempt](const error_code& cancelled) {
    if (cancelled || attempt->reported) return;
    if (attempt->result.status == 0) {
      attempt->result.error = "no answer within " + format_duration(attempt->order.timeout);
    }
    report(*attempt);
    error_code ignored;
    attempt->resolver.cancel();
    attempt->socket.close(ignored);
  });
}

void WebhookClient::Parts::report(Attempt& attempt) {
  if (std::exchange(attempt.reported, true) || closing) return;
  if (attempt.result.status != 0) attempt.result.error.clear();
  results.push(WebhookResult(attempt.result));
}

awaitable<void> WebhookClient::Parts::perform(AttemptPtr self) {
  Attempt& attempt = *self;
  const Status headers = check_webhook_headers(attempt.order.headers);
  Result<WebhookUrl> url = parse_webhook_url(attempt.order.url);
  if (!headers.ok() || !url.ok()) {
    attempt.result.error = (headers.ok() ? url.error() : headers.error()).message;
    co_return;
  }
  attempt.url = std::move(*url);
  if (!co_await connect(attempt)) co_return;
  if (attempt.url.tls) {
    co_await talk_tls(attempt);
  } else {
    co_await exchange(attempt.socket, attempt);
  }
}

awaitable<bool> WebhookClient::Parts::connect(Attempt& attempt) {
  const std::string where = attempt.url.host_header();
  error_code error;
  const auto found =
      co_await attempt.resolver.async_resolve(attempt.url.host, attempt.url.port, into(error));
  // Its time may be over with the lookup's end already on its way: no new socket then.
  if (attempt.reported || closing) co_return false;
  if (error) {
    attempt.result.error = failure("looking up " + where, error);
    co_return false;
  }
  co_await asio::async_connect(attempt.socket, found, into(error));
  if (error) attempt.result.error = failure("connecting to " + where, error);
  co_return !error && !attempt.reported;
}

awaitable<void> WebhookClient::Parts::talk_tls(Attempt& attempt) {
  ssl::stream<tcp::socket&> stream(attempt.socket, tls);
  error_code error;
  stream.set_verify_callback(ssl::host_name_verification(attempt.url.host), error);
  error_code no_address;
  asio::ip::make_address(attempt.url.host, no_address);
  // A server is told which of its names is meant; an address is not a name.
  if (!error && no_address &&
      SSL_set_tlsext_host_name(stream.native_handle(), attempt.url.host.c_str()) != 1) {
    error = asio::error::no_memory;
  }
  if (!error) co_await stream.async_handshake(ssl::stream_base::client, into(error));
  if (error) {
    attempt.result.error = failure("TLS with " + attempt.url.host_header(), error);
    co_return;
  }
  co_await exchange(stream, attempt);
}

void WebhookClient::Parts::close_all() {
  closing = true;
  work.reset();
  error_code ignored;
  for (const AttemptPtr& attempt : attempts) {
    attempt->timer.cancel();
    attempt->resolver.cancel();
    attempt->socket.close(ignored);
  }
}

Result<std::unique_ptr<WebhookClient>> WebhookClient::open(const WebhookClientOptions& options) {
  TRY_ASSIGN(Descriptor event, open_event());
  auto parts = std::make_unique<Parts>(std::move(event));
  TRY(parts->trust(options.ca_file));
  return std::unique_ptr<WebhookClient>(new WebhookClient(std::move(parts)));
}

WebhookClient::WebhookClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  parts_->thread = std::thread([io = &parts_->io] { io->run(); });
}

WebhookClient::~WebhookClient() {
  asio::post(parts_->io, [parts = parts_.get()] { parts->close_all(); });
  parts_->thread.join();
}

void WebhookClient::send(WebhookOrder order) {
  asio::post(parts_->io, [parts = parts_.get(), taken = std::move(order)]() mutable {
    parts->take(std::move(taken));
  });
}

int WebhookClient::fd() const {
  return parts_->results.fd();
}

void WebhookClient::drain(std::vector<WebhookResult>& results) {
  parts_->results.drain(results, std::numeric_limits<std::size_t>::max());
}

}  // namespace yizhan::broker
