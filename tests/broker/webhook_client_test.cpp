// The webhook client against receivers of all kinds, over loopback.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "broker/webhook_beast.h"
#include "config/daemon.h"
#include "tests/broker/tls_certificate.h"
#include "tests/store/temp_folder.h"

namespace yizhan::broker {
namespace {

using std::chrono::milliseconds;

constexpr int kSomethingMs = 10'000;

/// The receiver's end of one connection, with or without TLS.
struct Peer {
  Descriptor fd;
  SSL* tls = nullptr;

  std::string read_some() {
    char buffer[8192];
    const ssize_t got = tls != nullptr ? SSL_read(tls, buffer, sizeof buffer)
                                       : ::recv(fd.get(), buffer, sizeof buffer, 0);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string();
  }
  /// False once the other side has gone.
  bool write(const std::string& bytes) {
    if (tls != nullptr) return SSL_write(tls, bytes.data(), static_cast<int>(bytes.size())) > 0;
    return ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }
  /// Head and body, which ends with "}".
  std::string read_request() {
    std::string bytes;
    for (std::string more = read_some(); !more.empty(); more = read_some()) {
      bytes += more;
      if (bytes.ends_with("}")) break;
    }
    return bytes;
  }
};

/// Serves connections one after the other, in a thread, until it is destroyed.
class Receiver {
 public:
  using Service = std::function<void(Peer&)>;
  explicit Receiver(Service service, const TlsCertificate* certificate = nullptr)
      : service_(std::move(service)), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listening_.get(), generic, size) == 0);
    REQUIRE(::listen(listening_.get(), 100) == 0);
    REQUIRE(::getsockname(listening_.get(), generic, &size) == 0);
    port_ = std::to_string(ntohs(address.sin_port));
    if (certificate != nullptr) {
      context_.reset(SSL_CTX_new(TLS_server_method()));
      REQUIRE(SSL_CTX_use_certificate(context_.get(), certificate->certificate.get()) == 1);
      REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), certificate->key.get()) == 1);
    }
    thread_ = std::thread([this] { serve(); });
  }
  ~Receiver() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return (context_ ? "https://" : "http://") + host + ":" + port_ + "/hook?x=1";
  }

 private:
  void serve() {
    while (true) {
      Peer peer;
      peer.fd = Descriptor(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer.fd.open()) return;
      std::unique_ptr<SSL, FreeWith<SSL_free>> tls;
      if (context_) {
        tls.reset(SSL_new(context_.get()));
        SSL_set_fd(tls.get(), peer.fd.get());
        if (SSL_accept(tls.get()) != 1) continue;
        peer.tls = tls.get();
      }
      service_(peer);
    }
  }

  Service service_;
  Descriptor listening_;
  std::string port_;
  std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>> context_;
  std::thread thread_;
};

/// Answers everything with `answer` and keeps what came.
Receiver::Service answering(const std::string& answer, std::string* request = nullptr) {
  return [=](Peer& peer) {
    const std::string got = peer.read_request();
    if (request != nullptr) *request = got;
    peer.write(answer);
  };
}

std::unique_ptr<WebhookClient> open_client(const WebhookClientOptions& options = {}) {
  auto client = WebhookClient::open(options);
  REQUIRE(client.ok());
  return std::move(*client);
}

WebhookOrder order_to(const std::string& url, std::int64_t effect = 7) {
  return {effect, url, {{"X-A", "b"}}, R"({"a":1})", std::chrono::seconds(10)};
}

std::vector<WebhookResult> wait_for(WebhookClient& client, std::size_t count = 1) {
  std::vector<WebhookResult> results;
  while (results.size() < count) {
    pollfd item{client.fd(), POLLIN, 0};
    REQUIRE(::poll(&item, 1, kSomethingMs) == 1);
    client.drain(results);
  }
  return results;
}

WebhookResult send(const WebhookOrder& order, const WebhookClientOptions& options = {}) {
  const auto client = open_client(options);
  client->send(order);
  return wait_for(*client).front();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a webhook is posted with its headers and body, and its answer comes back") {
  std::string request;
  WebhookResult result;
  {
    const Receiver receiver(
        answering("HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\ngood", &request));
    result = send(order_to(receiver.url()));
  }
  CHECK(result.effect == 7);
  CHECK(result.status == 202);
  CHECK(result.error.empty());
  CHECK(result.body == "good");
  CHECK(request.starts_with("POST /hook?x=1 HTTP/1.1\r\n"));
  CHECK(has(request, "Host: 127.0.0.1:"));
  CHECK(has(request, "X-A: b\r\n"));
  CHECK(has(request, "Content-Type: application/json\r\n"));
  CHECK(request.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST_CASE("answers of every framing are read") {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n2\r\nod\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\ngood", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"}) {
    const Receiver receiver(answering(answer));
    const WebhookResult result = send(order_to(receiver.url()));
    CHECK(result.status == 200);
    CHECK(result.body == "good");
  }
  const Receiver receiver(answering("HTTP/1.1 204 No Content\r\n\r\n"));
  CHECK(send(order_to(receiver.url())).status == 204);
}

TEST_CASE("a redirect is an answer like any other and not followed") {
  const Receiver other(answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const Receiver receiver(answering("HTTP/1.1 307 Temporary Redirect\r\nLocation: " + other.url() +
                                    "\r\nContent-Length: 0\r\n\r\n"));
  CHECK(send(order_to(receiver.url())).status == 307);
}

TEST_CASE("a receiver that is not there, breaks off or talks nonsense is an error") {
  std::string gone;
  {
    const Receiver receiver([](Peer&) {});
    gone = receiver.url();
    const WebhookResult broken = send(order_to(receiver.url()));
    CHECK(broken.status == 0);
    CHECK_FALSE(broken.error.empty());
  }
  const WebhookResult refused = send(order_to(gone));
  CHECK(refused.status == 0);
  CHECK(has(refused.error, "connecting to 127.0.0.1:"));
  const Receiver nonsense(answering("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  CHECK(has(send(order_to(nonsense.url())).error, "reading the answer"));
  const Receiver wide(answering(
      "HTTP/1.1 200 OK\r\nX: " + std::string(kMaxWebhookAnswerHeadBytes, 'a') + "\r\n\r\n"));
  CHECK(has(send(order_to(wide.url())).error, "reading the answer"));
}

TEST_CASE("a receiver that is slow in anything costs the order's time and no more") {
  const auto hold = [](Peer& peer) { peer.read_request(), peer.read_some(); };
  const Receiver silent(hold);
  const Receiver halfway([&](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nX: ");
    while (peer.write("a")) ::poll(nullptr, 0, 5);
  });
  for (const std::string& url : {silent.url(), halfway.url()}) {
    WebhookOrder order = order_to(url);
    order.timeout = milliseconds(100);
    const WebhookResult result = send(order);
    CHECK(result.status == 0);
    CHECK(result.error == "no answer within 100ms");
  }
}

TEST_CASE("an answer without end is read so far and its status counts") {
  const Receiver receiver([](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n");
    const std::string piece(64 * 1024, 'a');
    while (peer.write(piece)) {
    }
  });
  const WebhookResult result = send(order_to(receiver.url()));
  CHECK(result.status == 200);
  CHECK(result.body == std::string(kWebhookBodyKept, 'a'));
}

TEST_CASE("an order that cannot be sent comes back with why") {
  CHECK(has(send(order_to("ftp://example.com/")).error, "neither http nor https"));
  WebhookOrder order = order_to("http://127.0.0.1:1/");
  order.headers = {{"Host", "evil"}};
  CHECK(has(send(order).error, "Host"));
  CHECK(has(send(order_to("http://no-such-host.invalid/")).error, "looking up"));
}

TEST_CASE("TLS is spoken with whom the certificate names, and with nobody else") {
  const store::TempFolder folder;
  const std::string right_pem = folder.path() / "right.pem";
  const std::string other_pem = folder.path() / "other.pem";
  const TlsCertificate right("localhost");
  const TlsCertificate other("localhost");
  right.write(right_pem);
  other.write(other_pem);
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
  std::string request;
  const Receiver receiver(answering(answer, &request), &right);

  const WebhookResult good = send(order_to(receiver.url("localhost")), {right_pem});
  CHECK(good.error.empty());
  CHECK(good.body == "good");
  CHECK_FALSE(request.empty());
  request.clear();
  for (const auto& [host, trusted] :
       {std::pair{"localhost", other_pem}, std::pair{"127.0.0.1", right_pem}}) {
    const WebhookResult bad = send(order_to(receiver.url(host)), {trusted});
    CHECK(bad.status == 0);
    CHECK(has(bad.error, "TLS with "));
  }
  CHECK(send(order_to(receiver.url("localhost"))).status == 0);
  CHECK(request.empty());
}

TEST_CASE("https to a receiver that does not speak TLS is an error") {
  const Receiver receiver(answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
  std::string url = receiver.url();
  url.insert(4, "s");
  WebhookOrder order = order_to(url);
  order.timeout = milliseconds(500);
  CHECK(send(order).status == 0);
}

TEST_CASE("certificates that cannot be read are refused at the start") {
  const auto refused = WebhookClient::open({"/nonexistent.pem"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::kInvalid);
}

TEST_CASE("kMaxWebhooksAtOnce are under way, the rest wait for their turn") {
  // Nobody accepts: connections are made by the system, and stay silent.
  const Descriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listening.get(), 100) == 0);
  REQUIRE(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const auto client = open_client();
  WebhookOrder order =
      order_to("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/");
  constexpr std::size_t kOrders = kMaxWebhooksAtOnce + 1;
  order.timeout = milliseconds(300);
  for (std::size_t i = 0; i < kOrders; ++i) {
    order.effect = static_cast<std::int64_t>(i);
    client->send(order);
  }
  std::vector<Descriptor> accepted;
  for (std::size_t i = 0; i < kMaxWebhooksAtOnce; ++i) {
    accepted.emplace_back(::accept(listening.get(), nullptr, nullptr));
    REQUIRE(accepted.back().open());
  }
  pollfd item{listening.get(), POLLIN, 0};
  CHECK(::poll(&item, 1, 100) == 0);
  std::map<std::int64_t, int> seen;
  for (const WebhookResult& result : wait_for(*client, kOrders)) ++seen[result.effect];
  CHECK(seen.size() == kOrders);
}

TEST_CASE("more than kMaxWebhooksWaiting come back at once, each exactly once") {
  const Receiver receiver([](Peer& peer) { peer.read_request(), peer.read_some(); });
  std::vector<WebhookResult> results;
  {
    const auto client = open_client();
    WebhookOrder order = order_to(receiver.url());
    for (std::size_t i = 0; i < kMaxWebhooksAtOnce + kMaxWebhooksWaiting + 2; ++i) {
      order.effect = static_cast<std::int64_t>(i);
      client->send(order);
    }
    results = wait_for(*client, 2);
  }
  REQUIRE(results.size() == 2);
  CHECK(has(results[0].error, "too many"));
  CHECK(results[0].effect == kMaxWebhooksAtOnce + kMaxWebhooksWaiting);
  CHECK(results[1].effect == kMaxWebhooksAtOnce + kMaxWebhooksWaiting + 1);
}

TEST_CASE("a client stops at once, whatever its webhooks are doing") {
  const Receiver receiver([](Peer& peer) { peer.read_request(), peer.read_some(); });
  for (int round = 0; round < 100; ++round) {
    const auto client = open_client();
    for (std::size_t i = 0; i < 2 * kMaxWebhooksAtOnce; ++i) client->send(order_to(receiver.url()));
    ::poll(nullptr, 0, round % 3);
  }
}

TEST_CASE("many webhooks are carried out") {
  const Receiver receiver(answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const auto client = open_client();
  constexpr std::size_t kOrders = 300;
  for (std::size_t i = 0; i < kOrders; ++i) {
    client->send(order_to(receiver.url(), static_cast<std::int64_t>(i)));
  }
  std::map<std::int64_t, int> statuses;
  for (const WebhookResult& result : wait_for(*client, kOrders)) {
    statuses[result.effect] = result.status;
  }
  CHECK(statuses.size() == kOrders);
  for (const auto& [effect, status] : statuses) CHECK(status == 200);
}

}  // namespace yizhan::broker
