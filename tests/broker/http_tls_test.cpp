// TLS of the HTTP server: who gets through, who does not, and what a silent client costs.

#include "broker/http_tls.h"

#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/broker/http_running.h"
#include "tests/broker/tls_certificate.h"
#include "tests/config/temp_folder.h"

namespace yizhan::broker {
namespace {

using std::chrono::milliseconds;

struct Files {
  TempFolder folder;
  TlsFiles tls{folder.path() + "/certificate.pem", folder.path() + "/key.pem"};
  TlsCertificate made{"localhost"};
  Files() {
    made.write(tls.certificate);
    made.write_key(tls.key);
  }
  HttpServerOptions options() const {
    HttpServerOptions options = some_options();
    options.tls = tls;
    return options;
  }
};

/// A client that trusts one certificate and speaks TLS between two versions.
struct TlsClient {
  Client client;
  std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>> context{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, FreeWith<SSL_free>> tls;
  bool shaken = false;

  TlsClient(const HttpServer& server, const Files& files, int least = TLS1_2_VERSION,
            int most = TLS1_3_VERSION)
      : client(server) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_locations(context.get(), files.tls.certificate.c_str(), nullptr);
    SSL_CTX_set_security_level(context.get(), least < TLS1_2_VERSION ? 0 : 1);
    SSL_CTX_set_min_proto_version(context.get(), least);
    SSL_CTX_set_max_proto_version(context.get(), most);
    tls.reset(SSL_new(context.get()));
    SSL_set_fd(tls.get(), client.fd.get());
    SSL_set1_host(tls.get(), "localhost");
    shaken = SSL_connect(tls.get()) == 1;
  }
  void send(const std::string& bytes) const {
    REQUIRE(SSL_write(tls.get(), bytes.data(), static_cast<int>(bytes.size())) ==
            static_cast<int>(bytes.size()));
  }
  /// Until `count` answers have come, or the connection ends.
  std::string read(std::size_t count = 1) const {
    std::string bytes;
    char buffer[8192];
    while (Client::answers(bytes) < count) {
      const int got = SSL_read(tls.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
  }
};

void check_serves(const Running& running, const Files& files) {
  const TlsClient client(*running.server, files);
  REQUIRE(client.shaken);
  client.send(get("/healthz"));
  running.answer(running.take().front(), "fine");
  CHECK(client.read().ends_with("fine"));
}

void wait_until_closed(const Running& running) {
  for (int i = 0; running.server->counters().open > 0 && i < kSomethingMs; ++i) {
    ::poll(nullptr, 0, 1);
  }
  REQUIRE(running.server->counters().open == 0);
}

}  // namespace

TEST_CASE("over TLS a connection is as without, for 1.2 and 1.3, and ends with a farewell") {
  const Files files;
  const Running running(files.options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsClient client(*running.server, files, version, version);
    REQUIRE(client.shaken);
    for (int i = 0; i < 3; ++i) {
      client.send(get("/p/abc?lang=zh"));
      const HttpRequest request = running.take().front();
      CHECK(request.target == "/p/abc?lang=zh");
      CHECK(request.address == "127.0.0.1");
      running.answer(request, std::string(100'000, 'x'));
      CHECK(status_of(client.read()) == 200);
    }
    client.send(get("/p/abc", "Connection: close\r\n"));
    running.answer(running.take().front(), "last");
    CHECK(client.read(2).ends_with("last"));
    char byte = 0;
    CHECK(SSL_get_error(client.tls.get(), SSL_read(client.tls.get(), &byte, 1)) ==
          SSL_ERROR_ZERO_RETURN);
  }
  CHECK(running.server->counters().handshakes_failed == 0);
}

TEST_CASE("a renewed certificate is for who connects from then on, and a broken one is not taken") {
  const Files files;
  const Files renewed;
  const Running running(files.options());
  const TlsClient before(*running.server, files);
  REQUIRE(before.shaken);
  renewed.made.write(files.tls.certificate);
  CHECK_FALSE(running.server->reload_tls().ok());  // its key is still that of the old one
  renewed.made.write_key(files.tls.key);
  REQUIRE(running.server->reload_tls().ok());
  check_serves(running, renewed);
  std::ofstream(files.tls.certificate) << "nothing";
  CHECK_FALSE(running.server->reload_tls().ok());
  check_serves(running, renewed);
  before.send(get("/healthz"));
  running.answer(running.take().front(), "still here");
  CHECK(before.read().ends_with("still here"));
}

TEST_CASE("older versions of TLS are refused") {
  const Files files;
  const Running running(files.options());
  CHECK_FALSE(TlsClient(*running.server, files, TLS1_VERSION, TLS1_1_VERSION).shaken);
  wait_until_closed(running);
  CHECK(running.server->counters().handshakes_failed == 1);
  check_serves(running, files);
}

TEST_CASE("HTTP without TLS is answered in HTTP that this is HTTPS, and nothing of it is served") {
  const Files files;
  const Running running(files.options());
  const std::string answer = running.refusal(get("/healthz"));
  CHECK(status_of(answer) == 400);
  CHECK(has(answer, "https://"));
  CHECK(running.server->counters().requests == 0);
  check_serves(running, files);
}

TEST_CASE("garbage instead of a handshake ends the connection, and nothing else") {
  const Files files;
  const Running running(files.options());
  for (const std::string& bytes : {std::string("SSH-2.0-x\r\n"), std::string(100'000, '\0'),
                                   std::string("\x16\x03\x01\xff\xff"),
                                   std::string("\x80\x2e\x01\x00\x02"), std::string(1, '\x16')}) {
    Client client(*running.server);
    client.send(bytes);
    client.end();
    client.read_all();
  }
  wait_until_closed(running);
  CHECK(running.server->counters().handshakes_failed == 5);
  check_serves(running, files);
}

TEST_CASE("a client that connects and never shakes hands is let go, however it drips") {
  const Files files;
  HttpServerOptions options = files.options();
  options.handshake_timeout = milliseconds(200);
  const Running running(options);
  Client silent(*running.server);
  Client dripping(*running.server);
  // The beginning of a hello of 512 bytes, byte by byte.
  int sent = 0;
  pollfd item{dripping.fd.get(), POLLIN, 0};
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  do {
    const auto at = static_cast<std::size_t>(sent);
    dripping.send(at < hello.size() ? hello.substr(at, 1) : "x");
    ++sent;
  } while (::poll(&item, 1, 20) == 0 && sent < 400);
  CHECK(sent < 400);
  CHECK(silent.read_all().empty());
  wait_until_closed(running);
  CHECK(running.server->counters().timed_out == 2);
  CHECK(running.server->counters().handshakes_failed == 2);
  check_serves(running, files);
}

TEST_CASE("silent clients of one address take its places, and no more") {
  const Files files;
  HttpServerOptions options = files.options();
  options.per_address.connections = 5;
  options.handshake_timeout = std::chrono::hours(1);
  const Running running(options);
  std::vector<Client> silent;
  for (int i = 0; i < 5; ++i) silent.emplace_back(*running.server);
  for (int i = 0; i < 20; ++i) CHECK(Client(*running.server).read_all().empty());
  CHECK(running.server->counters().over_limit == 20);
  CHECK(running.server->counters().open == 5);
  silent.pop_back();
  for (int i = 0; running.server->counters().open == 5 && i < kSomethingMs; ++i) {
    ::poll(nullptr, 0, 1);
  }
  check_serves(running, files);
}

TEST_CASE("a server with TLS stops at once, whatever its connections are doing") {
  const Files files;
  for (int round = 0; round < 10; ++round) {
    auto running = std::make_unique<Running>(files.options());
    Client silent(*running->server);
    const TlsClient idle(*running->server, files);
    const TlsClient asking(*running->server, files);
    asking.send(get("/p/a"));
    if (round % 2 == 0) running->take();
    running.reset();
    silent.read_all();
    CHECK(asking.read().empty());
  }
}

TEST_CASE("a trusted proxy is told by whom it asks, and has no limit of its own") {
  HttpServerOptions options = some_options();
  options.per_address = {.connections = 2, .probes_per_minute = 1};
  SECTION("trusted") {
    options.proxies = TrustedProxies({*parse_network("127.0.0.0/8")});
    const Running running(options);
    std::vector<Client> clients;
    for (int i = 0; i < 10; ++i) {
      clients.emplace_back(*running.server);
      const std::string address = "192.0.2." + std::to_string(i);
      clients.back().send(get("/p/a", "X-Forwarded-For: 203.0.113.1, " + address + "\r\n"));
      const HttpRequest request = running.take().front();
      CHECK(request.address == address);
      running.answer(request, "page");
      CHECK(status_of(clients.back().read()) == 200);
    }
    // Each of them has had its one request a minute, whatever it writes in front of its address.
    clients.emplace_back(*running.server);
    clients.back().send(get("/p/a", "X-Forwarded-For: 198.51.100.77, 192.0.2.3\r\n"));
    CHECK(status_of(clients.back().read()) == 429);
  }
  SECTION("not trusted") {
    options.proxies = TrustedProxies({*parse_network("10.0.0.0/8")});
    const Running running(options);
    Client first(*running.server);
    first.send(get("/p/a", "X-Forwarded-For: 192.0.2.1\r\n"));
    const HttpRequest request = running.take().front();
    CHECK(request.address == "127.0.0.1");
    running.answer(request, "page");
    CHECK(status_of(first.read()) == 200);
    Client second(*running.server);
    second.send(get("/p/a", "X-Forwarded-For: 192.0.2.2\r\n"));
    CHECK(status_of(second.read()) == 429);
    Client third(*running.server);
    CHECK(status_of(third.read_all()) == 503);
  }
}

TEST_CASE("files that cannot be used are named, with what to do") {
  const Files files;
  const std::string folder = files.folder.path();
  const auto write = [&](const char* name, const std::string& text) {
    std::ofstream(folder + "/" + name) << text;
    return folder + "/" + name;
  };
  TlsCertificate("localhost").write_key(folder + "/other.pem");
  files.made.write_key(folder + "/locked.pem", "a password");
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  struct Row {
    TlsFiles tls;
    bool certificate;  // is what is wrong
    std::string part;
  };
  const TlsFiles good = files.tls;
  const std::vector<Row> rows = {
      {{folder + "/none.pem", good.key}, true, "cannot be read"},
      {{folder, good.key}, true, "cannot be read"},
      {{write("empty.pem", ""), good.key}, true, "it must be PEM"},
      {{write("broken.pem", broken), good.key}, true, "it must be PEM"},
      {{good.key, good.key}, true, "own certificate first"},
      {{good.certificate, folder + "/none.pem"}, false, "cannot be read"},
      {{good.certificate, good.certificate}, false, "private key in PEM"},
      {{good.certificate, folder + "/locked.pem"}, false, "without one"},
      {{good.certificate, folder + "/other.pem"}, false, "is not that of the certificate"},
  };
  for (const Row& row : rows) {
    INFO(row.tls.certificate << " " << row.tls.key);
    const Status certificate = check_tls_certificate(row.tls);
    CHECK(certificate.ok() != row.certificate);
    const Status key = check_tls_key(row.tls);
    REQUIRE_FALSE(key.ok());
    CHECK_THAT(key.error().message, Catch::Contains(row.part) && Catch::Contains(folder));
    HttpServerOptions options = some_options();
    options.tls = row.tls;
    CHECK_FALSE(HttpServer::open(options).ok());
  }
  CHECK(check_tls_key(good).ok());
}

TEST_CASE("a certificate that is over, or soon, is told of") {
  const TempFolder folder;
  const auto warning = [&](long days) {
    const TlsFiles files{folder.path() + "/c.pem", ""};
    TlsCertificate("localhost", days).write(files.certificate);
    return tls_certificate_warning(files);
  };
  CHECK_THAT(warning(1), Catch::Contains("is over: browsers refuse it"));
  CHECK_THAT(warning(5), Catch::Contains("is over in 3 days"));
  CHECK(warning(60).empty());
  CHECK(tls_certificate_warning({"", ""}).empty());
}

}  // namespace yizhan::broker
