// The HTTP server against browsers, programs and attackers of all kinds, over loopback.

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "tests/broker/http_running.h"

namespace yizhan::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Of the whole process, in microseconds.
long cpu_used() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * 1'000'000 + used.tv_nsec / 1'000;
}

}  // namespace

TEST_CASE("a request reaches the core and its answer the client, on a connection that lives on") {
  const Running running;
  Client client(*running.server);
  for (int i = 0; i < 3; ++i) {
    client.send(get("/p/abc?lang=zh", "User-Agent: me\r\n"));
    const HttpRequest request = running.take().front();
    CHECK(request.target == "/p/abc?lang=zh");
    CHECK(request.address == "127.0.0.1");
    CHECK(request.user_agent == "me");
    running.answer(request, "page");
    const std::string answer = client.read();
    CHECK(status_of(answer) == 200);
    CHECK(answer.ends_with("\r\n\r\npage"));
    CHECK(has(answer, "Date: "));
    CHECK_FALSE(has(answer, "Connection: close"));
  }
}

TEST_CASE("pipelined requests are answered one after the other in their order") {
  const Running running;
  Client client(*running.server);
  client.send(get("/p/1") + get("/p/2") + get("/p/3"));
  for (const char* target : {"/p/1", "/p/2", "/p/3"}) {
    const HttpRequest request = running.take().front();
    CHECK(request.target == target);
    running.answer(request, std::string("for ") + target);
  }
  const std::string answers = client.read(3);
  CHECK(answers.find("for /p/1") < answers.find("for /p/2"));
  CHECK(answers.find("for /p/2") < answers.find("for /p/3"));
  CHECK(answers.ends_with("for /p/3"));
}

TEST_CASE("requests of many connections may be answered in any order") {
  const Running running;
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(*running.server);
    clients.back().send(get("/p/" + std::to_string(i)));
  }
  auto requests = running.take(20);
  for (auto request = requests.rbegin(); request != requests.rend(); ++request) {
    running.answer(*request, request->target + "!");
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CHECK(clients[i].read().ends_with("\r\n\r\n/p/" + std::to_string(i) + "!"));
  }
}

TEST_CASE("HEAD gets the length and no body") {
  const Running running;
  Client client(*running.server);
  client.send("HEAD /p/abc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  running.answer(running.take().front(), "page");
  const std::string answer = client.read_all();
  CHECK(has(answer, "Content-Length: 4\r\n"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a connection ends when its client wants it, speaks 1.0, or has had its requests") {
  const Running running;
  for (const char* request : {"GET /p/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                              "GET /p/a HTTP/1.0\r\nHost: localhost\r\n\r\n"}) {
    Client client(*running.server);
    client.send(request);
    running.answer(running.take().front(), "x");
    CHECK(has(client.read_all(), "Connection: close\r\n"));
  }
  Client client(*running.server);
  for (int i = 1; i <= kMaxRequestsPerConnection; ++i) {
    client.send(get("/p/a"));
    running.answer(running.take().front(), "x");
    CHECK(has(client.read(), "Connection: close\r\n") == (i == kMaxRequestsPerConnection));
  }
  CHECK(client.read().empty());
}

TEST_CASE("what needs no core is answered without it, with every security header") {
  const Running running;
  const struct {
    std::string bytes;
    int status;
  } kCases[] = {
      {"nonsense\r\n\r\n", 400},
      {get("/nothing"), 404},
      {"DELETE /p/a HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
      {"POST /p/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
       "application/x-www-form-urlencoded\r\n"
       "Content-Length: 1000000000\r\n\r\n",
       413},
      {get("/p/" + std::string(kMaxRequestLineBytes, 'a')), 414},
      {"POST /p/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", 415},
      {"GET /p/a HTTP/1.1\r\nHost: evil.example.com\r\n\r\n", 421},
      {get("/p/a", "X: " + std::string(kMaxHeaderBytes, 'a') + "\r\n"), 431},
      {"GET /p/a HTTP/3.0\r\nHost: localhost\r\n\r\n", 505},
  };
  for (const auto& one : kCases) {
    const std::string answer = running.refusal(one.bytes);
    INFO(one.status << ": " << answer);
    CHECK(status_of(answer) == one.status);
    CHECK(Client::answers(answer) == 1);
    CHECK(has(answer, "Connection: close\r\n"));
    CHECK(has(answer, "Cache-Control: no-store\r\n"));
    CHECK(has(answer, "Content-Security-Policy: default-src 'none'"));
    CHECK(has(answer, "Allow: GET, HEAD, POST\r\n") == (one.status == 405));
  }
  CHECK(running.server->counters().requests == 0);
  CHECK(running.server->counters().refused == std::size(kCases));
}

TEST_CASE("a refusal is in the reader's language") {
  const Running running;
  CHECK(has(running.refusal(get("/nothing", "Accept-Language: zh\r\n")), "lang=\"zh-CN\""));
  CHECK(has(running.refusal(get("/nothing")), "lang=\"en\""));
}

TEST_CASE("nothing that follows a refused request is served") {
  const Running running;
  const std::string smuggled = get("/p/smuggled");
  for (const std::string& first :
       {std::string("POST /p/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string("nonsense\r\n\r\n"), get("/nothing")}) {
    const std::string answer = running.refusal(first + smuggled);
    CHECK(Client::answers(answer) == 1);
  }
  CHECK(running.server->counters().requests == 0);
}

TEST_CASE("a client that waits to be told to go on is told so") {
  const Running running;
  Client client(*running.server);
  client.send(
      "POST /p/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read() == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("a=1");
  const HttpRequest request = running.take().front();
  CHECK(request.body == "a=1");
  running.answer(request, "done");
  CHECK(client.read().ends_with("done"));
}

TEST_CASE("a client that sends nothing, or its head byte by byte, is told that it is too slow") {
  HttpServerOptions options = some_options();
  options.header_timeout = milliseconds(100);
  const Running running(options);
  Client silent(*running.server);
  Client slow(*running.server);
  slow.send("GET /p/abc HT");
  CHECK(status_of(silent.read_all()) == 408);
  CHECK(status_of(slow.read_all()) == 408);
  CHECK(running.server->counters().timed_out == 2);
}

TEST_CASE("a head that drips does not stretch its time") {
  HttpServerOptions options = some_options();
  options.header_timeout = milliseconds(300);
  const Running running(options);
  Client client(*running.server);
  int sent = 0;
  pollfd item{client.fd.get(), POLLIN, 0};
  do {
    client.send("x");
    ++sent;
  } while (::poll(&item, 1, 20) == 0 && sent < 1'000);
  CHECK(sent < 1'000);
  CHECK(status_of(client.read_all()) == 408);
}

TEST_CASE("a body that comes slower than kMinBytesPerSecond is too slow") {
  HttpServerOptions options = some_options();
  options.body_grace = milliseconds(100);
  const Running running(options);
  Client client(*running.server);
  client.send(
      "POST /p/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 4000\r\n\r\n");
  pollfd item{client.fd.get(), POLLIN, 0};
  int sent = 0;
  do {  // 100 bytes a second, a fifth of what it takes
    client.send("x");
    ++sent;
  } while (::poll(&item, 1, 10) == 0 && sent < 1'000);
  CHECK(sent < 1'000);
  CHECK(status_of(client.read_all()) == 408);
}

TEST_CASE("an idle connection is closed without a word") {
  HttpServerOptions options = some_options();
  options.idle_timeout = milliseconds(100);
  const Running running(options);
  Client client(*running.server);
  client.send(get("/p/a"));
  running.answer(running.take().front(), "x");
  CHECK(status_of(client.read()) == 200);
  CHECK(client.read().empty());
  CHECK(running.server->counters().timed_out == 0);
}

TEST_CASE("a client that does not read its answer is let go") {
  HttpServerOptions options = some_options();
  options.write_grace = milliseconds(50);
  options.min_bytes_per_second = 100'000'000;
  const Running running(options);
  Client client(*running.server, 4096);
  client.send(get("/p/a"));
  // More than the system keeps for a client that reads nothing.
  running.answer(running.take().front(), std::string(8 * 1024 * 1024, 'a'));
  while (running.server->counters().open > 0) ::poll(nullptr, 0, 5);
  CHECK(running.server->counters().timed_out == 1);
  running.check_serves();
}

TEST_CASE("an answer that the core does not give in time is given for it") {
  HttpServerOptions options = some_options();
  options.answer_timeout = milliseconds(50);
  const Running running(options);
  Client client(*running.server);
  client.send(get("/p/a"));
  const HttpRequest request = running.take().front();
  const std::string answer = client.read_all();
  CHECK(status_of(answer) == 503);
  CHECK(has(answer, "Retry-After: 1\r\n"));
  running.answer(request, "too late");
  running.server->answer({4711, 200, "text/plain", "never asked", {}});
  running.check_serves();
}

TEST_CASE("a core that is behind is spared, and its clients are told to come again") {
  HttpServerOptions options = some_options();
  options.max_waiting = 3;
  const Running running(options);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(*running.server);
    clients.back().send(get("/p/a"));
    while (running.server->counters().requests < clients.size()) ::poll(nullptr, 0, 1);
  }
  const std::string answer = running.refusal(get("/p/a"));
  CHECK(status_of(answer) == 503);
  CHECK(has(answer, "Retry-After: "));
  for (const HttpRequest& request : running.take(3)) running.answer(request, "x");
  for (Client& client : clients) CHECK(status_of(client.read()) == 200);
}

TEST_CASE("an address has so many connections, and the next one is told") {
  HttpServerOptions options = some_options();
  options.per_address.connections = kMaxConnectionsPerAddress;
  options.linger_timeout = milliseconds(20);
  const Running running(options);
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kMaxConnectionsPerAddress; ++i) {
    clients.emplace_back(*running.server);
    clients.back().send(get("/p/a"));
  }
  const auto requests = running.take(kMaxConnectionsPerAddress);
  Client over(*running.server);
  const std::string answer = over.read_all();
  CHECK(status_of(answer) == 503);
  CHECK(has(answer, "Retry-After: "));
  for (const HttpRequest& request : requests) running.answer(request, "x");
  for (Client& client : clients) CHECK(status_of(client.read()) == 200);
  clients.pop_back();
  while (running.server->counters().open >= kMaxConnectionsPerAddress) ::poll(nullptr, 0, 1);
  running.check_serves();
}

TEST_CASE("when all connections are taken, the one idle for longest makes room") {
  HttpServerOptions options = some_options();
  options.max_connections = 3;
  const Running running(options);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(*running.server);
    clients.back().send(get("/p/a"));
    const HttpRequest request = running.take().front();
    if (i == 2) break;  // that one waits for its answer: it is not idle
    running.answer(request, "x");
    CHECK(status_of(clients.back().read()) == 200);
  }
  running.check_serves();
  CHECK(clients[0].read().empty());
  clients[1].send(get("/p/a"));
  running.answer(running.take().front(), "still here");
  CHECK(clients[1].read().ends_with("still here"));
}

TEST_CASE("of those turned away, only so many are told so at once") {
  HttpServerOptions options = some_options();
  options.max_connections = 1;
  const Running running(options);
  Client first(*running.server);
  first.send(get("/p/a"));
  const auto requests = running.take();
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kMaxConnectionsRefused + 10; ++i) {
    clients.emplace_back(*running.server);
  }
  std::size_t told = 0;
  for (Client& client : clients) {
    if (status_of(client.read()) == 503) ++told;
  }
  CHECK(told >= kMaxConnectionsRefused);
  CHECK(told < clients.size());
  running.answer(requests.front(), "x");
  CHECK(status_of(first.read()) == 200);
}

TEST_CASE("an address has its probe requests a minute, and health checks are not counted") {
  HttpServerOptions options = some_options();
  options.per_address.probes_per_minute = 3;
  const Running running(options);
  Client client(*running.server);
  for (int i = 0; i < 3; ++i) {
    client.send(get("/p/a"));
    running.answer(running.take().front(), "x");
    CHECK(status_of(client.read()) == 200);
  }
  client.send(get("/p/a"));
  const std::string answer = client.read_all();
  CHECK(status_of(answer) == 429);
  CHECK(has(answer, "Retry-After: 20\r\n"));
  running.check_serves();
}

TEST_CASE("a client that sends a gigabyte is answered and not read") {
  HttpServerOptions options = some_options();
  options.linger_timeout = milliseconds(100);
  const Running running(options);
  Client client(*running.server);
  client.send(
      "POST /p/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 1000000000\r\n\r\n");
  const std::string piece(1024 * 1024, 'a');
  int sent = 0;
  while (sent < 1'000 && client.send(piece)) ++sent;
  INFO(sent << " MiB were taken before the connection ended");
  running.check_serves();
  while (running.server->counters().open > 1) ::poll(nullptr, 0, 5);
}

TEST_CASE("a half-closed connection gets its answer, a broken off request none") {
  const Running running;
  Client half(*running.server);
  half.send(get("/p/a"));
  half.end();
  running.answer(running.take().front(), "x");
  CHECK(half.read_all().ends_with("x"));
  Client broken(*running.server);
  broken.send("POST /p/a HTTP/1.1\r\nHost: localhost\r\n");
  broken.end();
  CHECK(broken.read_all().empty());
}

TEST_CASE("clients that go away in the middle leave nothing behind") {
  const Running running;
  for (int i = 0; i < 50; ++i) {
    Client client(*running.server);
    client.send(i % 2 == 0 ? get("/p/a") : std::string("GET /p/a HT"));
    const linger reset{1, 0};
    ::setsockopt(client.fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (i % 2 == 0) {
      const HttpRequest request = running.take().front();
      client.fd = Descriptor();
      running.answer(request, "for nobody");
    }
  }
  while (running.server->counters().open > 0) ::poll(nullptr, 0, 5);
  running.check_serves();
}

TEST_CASE("hundreds of silent connections do not keep others from being served") {
  const Running running;
  std::vector<Client> silent;
  for (int i = 0; i < 500; ++i) silent.emplace_back(*running.server);
  for (Client& client : silent) client.send("G");
  for (int i = 0; i < 20; ++i) running.check_serves();
}

TEST_CASE("without descriptors the server waits, does not spin, and goes on afterwards") {
  const Running running;
  running.check_serves();
  while (running.server->counters().open > 0) ::poll(nullptr, 0, 1);
  Client client(Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  // No new descriptor is below the limit any more.
  std::vector<Descriptor> filler;
  while (true) {
    filler.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!filler.back().open() || filler.size() == 4'000) break;
    if (filler.back().get() > 200) {
      const rlimit low{static_cast<rlim_t>(filler.back().get()), before.rlim_max};
      REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
      break;
    }
  }
  client.connect(*running.server);
  client.send(get("/p/a"));
  pollfd item{running.server->fd(), POLLIN, 0};
  const long start = cpu_used();
  CHECK(::poll(&item, 1, 300) == 0);
  CHECK(cpu_used() - start < 100'000);
  filler.clear();
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  running.answer(running.take().front(), "x");
  CHECK(status_of(client.read()) == 200);
}

TEST_CASE("garbage of all kinds is survived") {
  const Running running;
  std::uint32_t seed = 1;
  for (int i = 0; i < 300; ++i) {
    std::string bytes = i % 3 == 0 ? "" : get("/p/a");
    for (int j = 0; j < 200; ++j) {
      seed = seed * 1'664'525 + 1'013'904'223;
      const char byte = static_cast<char>(seed >> 24);
      if (i % 3 == 1 && j < 3) bytes[(seed >> 8) % bytes.size()] = byte;
      if (i % 3 != 1) bytes += byte;
    }
    Client client(*running.server);
    client.send(bytes);
    client.end();
    pollfd items[] = {{client.fd.get(), POLLIN, 0}, {running.server->fd(), POLLIN, 0}};
    while (::poll(items, 2, kSomethingMs) > 0) {
      std::vector<HttpRequest> requests;
      running.server->drain(requests, 100);
      for (const HttpRequest& request : requests) running.answer(request, "x");
      char buffer[8192];
      if ((items[0].revents & POLLIN) != 0 &&
          ::recv(client.fd.get(), buffer, sizeof buffer, 0) <= 0) {
        break;
      }
    }
  }
  running.check_serves();
}

TEST_CASE("a server stops at once, whatever its connections are doing") {
  for (int round = 0; round < 50; ++round) {
    auto running = std::make_unique<Running>();
    std::vector<Client> clients;
    for (int i = 0; i < 10; ++i) {
      clients.emplace_back(*running->server);
      clients.back().send(i % 2 == 0 ? get("/p/a") : std::string("GET"));
    }
    // In every second round it stops with requests on their way.
    if (round % 2 == 0) running->answer(running->take(5).front(), "last words");
    running.reset();
    for (Client& client : clients) client.read_all();
  }
}

TEST_CASE("an address that cannot be listened on is refused with what to do") {
  const Running running;
  HttpServerOptions options = some_options();
  const struct {
    std::string listen;
    Code code;
  } kCases[] = {{running.server->endpoint(), Code::kUnavailable},
                {"192.0.2.7:0", Code::kUnavailable},
                {"no port", Code::kInvalid},
                {"127.0.0.1:70000", Code::kInvalid}};
  for (const auto& one : kCases) {
    options.listen = one.listen;
    const auto refused = HttpServer::open(options);
    INFO(one.listen);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == one.code);
  }
  for (const char* listen : {"*:0", "localhost:0"}) {
    options.listen = listen;
    const auto opened = HttpServer::open(options);
    INFO(listen);
    CHECK(opened.ok());
  }
}

}  // namespace yizhan::broker
