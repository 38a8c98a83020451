// Every row of the table of bounds that concerns the bytes of a request.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "broker/http_limits.h"
#include "broker/http_parser_beast.h"

namespace yizhan::broker {
namespace {

const HostList kHosts("https://relay.example.com/x", "192.0.2.7:8480");
const std::string kHost = "Host: relay.example.com\r\n";

/// 0: taken whole; -1: more is wanted; else the status of the refusal.
struct Outcome {
  int status = 0;
  HttpRequest request;
  HttpPlan plan;
  std::string rest;
};

Outcome feed(const std::string& bytes, std::size_t piece) {
  HttpParser parser(kHosts);
  Outcome outcome;
  std::size_t at = 0;
  HttpParser::State state = HttpParser::State::kHead;
  while (at < bytes.size() && state < HttpParser::State::kDone) {
    outcome.rest += bytes.substr(at, piece);
    at += piece;
    state = parser.feed(outcome.rest);
  }
  if (at < bytes.size()) outcome.rest += bytes.substr(at);
  if (state == HttpParser::State::kRefused) {
    outcome.status = parser.refusal().status;
  } else if (state != HttpParser::State::kDone) {
    outcome.status = -1;
  } else {
    outcome.plan = parser.plan();
    outcome.request = parser.take_request();
  }
  return outcome;
}

/// The same however the bytes arrive.
Outcome outcome_of(const std::string& bytes) {
  Outcome whole = feed(bytes, bytes.size());
  for (const std::size_t piece : {1U, 2U, 7U}) {
    const Outcome pieces = feed(bytes, piece);
    INFO("in pieces of " << piece);
    CHECK(pieces.status == whole.status);
    CHECK(pieces.request.body == whole.request.body);
    if (whole.status == 0) CHECK(pieces.rest == whole.rest);
  }
  return whole;
}

int status_of(const std::string& bytes) {
  const std::string start = bytes.substr(0, 200);
  INFO(start);
  return outcome_of(bytes).status;
}

std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\n" + kHost + headers + "\r\n";
}

std::string post(const std::string& headers, const std::string& body) {
  return "POST /p/abc HTTP/1.1\r\n" + kHost +
         "Content-Type: application/x-www-form-urlencoded\r\n" + headers + "\r\n" + body;
}

std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

}  // namespace

TEST_CASE("a browser's GET is taken with what it says") {
  const Outcome got = outcome_of(
      get("/p/abc?lang=zh", "Accept-Language: zh\r\nUser-Agent: A\tB \xff\r\nX-Y:\r\n") + "rest");
  REQUIRE(got.status == 0);
  CHECK(got.request.method == "GET");
  CHECK(got.request.target == "/p/abc?lang=zh");
  CHECK(got.request.host == "relay.example.com");
  CHECK(got.request.accept_language == "zh");
  CHECK(got.request.user_agent == "A\\tB \\xff");
  CHECK_FALSE(got.request.prefetch);
  CHECK(got.plan.area == HttpArea::kProbe);
  CHECK(got.plan.keep_alive);
  CHECK(got.rest == "rest");
}

TEST_CASE("a browser's POST is taken with its body") {
  const Outcome got = outcome_of(post("Content-Length: 3\r\n", "a=1GET /"));
  REQUIRE(got.status == 0);
  CHECK(got.request.body == "a=1");
  CHECK(got.rest == "GET /");
  const Outcome pieces = outcome_of(chunked("1\r\na\r\n0002;x=y\r\n=1\r\n0\r\n\r\nGET /"));
  REQUIRE(pieces.status == 0);
  CHECK(pieces.request.body == "a=1");
  CHECK(pieces.rest == "GET /");
}

TEST_CASE("the request line has at most kMaxRequestLineBytes") {
  const std::size_t others = std::string("GET /p/ HTTP/1.1").size();
  const auto line_of = [&](std::size_t size) {
    return get("/p/" + std::string(size - others, 'a'));
  };
  CHECK(status_of(line_of(kMaxRequestLineBytes - 1)) == 0);
  CHECK(status_of(line_of(kMaxRequestLineBytes)) == 0);
  CHECK(status_of(line_of(kMaxRequestLineBytes + 1)) == 414);
  CHECK(status_of(std::string(kMaxRequestLineBytes, 'a')) == -1);
  CHECK(status_of(std::string(kMaxRequestLineBytes + 1, 'a')) == 414);
}

TEST_CASE("a header has at most kMaxHeaderLineBytes") {
  const auto line_of = [&](std::size_t size) {
    return get("/p/abc", "X: " + std::string(size - 3, 'a') + "\r\n");
  };
  CHECK(status_of(line_of(kMaxHeaderLineBytes - 1)) == 0);
  CHECK(status_of(line_of(kMaxHeaderLineBytes)) == 0);
  CHECK(status_of(line_of(kMaxHeaderLineBytes + 1)) == 431);
}

TEST_CASE("all headers have at most kMaxHeaderBytes") {
  const auto size_of = [&](std::size_t size) {
    const std::size_t first = 8'000;
    const std::size_t second = size - kHost.size() - first;
    return get("/p/abc", "X: " + std::string(first - 5, 'a') +
                             "\r\nY: " + std::string(second - 5, 'a') + "\r\n");
  };
  CHECK(status_of(size_of(kMaxHeaderBytes - 200)) == 0);
  const auto many = [&](std::size_t size) {
    std::string headers;
    for (int i = 0; i < 16; ++i) headers += "X: " + std::string(995, 'a') + "\r\n";
    const std::size_t left = size - kHost.size() - headers.size();
    return get("/p/abc", headers + "Y: " + std::string(left - 5, 'a') + "\r\n");
  };
  CHECK(status_of(many(kMaxHeaderBytes - 1)) == 0);
  CHECK(status_of(many(kMaxHeaderBytes)) == 0);
  CHECK(status_of(many(kMaxHeaderBytes + 1)) == 431);
}

TEST_CASE("there are at most kMaxHeaderFields headers") {
  std::string headers;
  for (std::size_t i = 1; i < kMaxHeaderFields; ++i) headers += "X: a\r\n";
  CHECK(status_of(get("/p/abc", headers)) == 0);
  CHECK(status_of(get("/p/abc", headers + "X: a\r\n")) == 431);
}

TEST_CASE("a target that hides something is refused") {
  for (const char* target : {"/p/%00",
                             "/p/a%2fb",
                             "/p/a%2Fb",
                             "/p/../healthz",
                             "/p/%2e%2e/healthz",
                             "/p/a/..",
                             "/p/%0d%0aX",
                             "/p/%7f",
                             "/p/%5c",
                             "/p/a\\b",
                             "/p/%",
                             "/p/%2",
                             "/p/%zz",
                             "/p/a?x=%00",
                             "/p/a#b",
                             "p/abc",
                             "*",
                             "http://relay.example.com/p/abc",
                             "/p/\xe4\xbd\xa0",
                             "/p/<b>"}) {
    CHECK(status_of(get(target)) == 400);
  }
  CHECK(status_of(get("/p/..a")) == 0);
  CHECK(status_of(get("/p/a%20b")) == 0);
}

TEST_CASE("a path that nobody serves is not found") {
  for (const char* target : {"/", "/p", "/p/", "/P/abc", "/healthz/", "/favicon.ico", "//p/abc"}) {
    CHECK(status_of(get(target)) == 404);
  }
  CHECK(status_of(get("/healthz")) == 0);
  CHECK(status_of(get("/healthz?x")) == 0);
}

TEST_CASE("only GET, HEAD and POST are served, and POST not everywhere") {
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW", "get"}) {
    CHECK(status_of(std::string(method) + " /p/abc HTTP/1.1\r\n" + kHost + "\r\n") == 405);
  }
  CHECK(status_of("CONNECT a:1 HTTP/1.1\r\n" + kHost + "\r\n") == 405);
  CHECK(status_of("HEAD /p/abc HTTP/1.1\r\n" + kHost + "\r\n") == 0);
  CHECK(status_of("POST /healthz HTTP/1.1\r\n" + kHost + "\r\n") == 405);
}

TEST_CASE("HTTP/1.1 and 1.0 are spoken, the latter without keep-alive") {
  const auto version = [](const std::string& text) {
    return "GET /p/abc " + text + "\r\n" + kHost + "Connection: keep-alive\r\n\r\n";
  };
  CHECK(outcome_of(version("HTTP/1.1")).plan.keep_alive);
  CHECK(status_of(version("HTTP/1.0")) == 0);
  CHECK_FALSE(outcome_of(version("HTTP/1.0")).plan.keep_alive);
  CHECK(status_of(version("HTTP/1.2")) == 505);
  CHECK(status_of(version("HTTP/2.0")) == 505);
  CHECK(status_of("PRI * HTTP/2.0\r\n\r\n") == 505);
  for (const char* text : {"HTTP/1", "HTTP/1.11", "http/1.1", "HTTP/a.b", "HTTP/1.1 "}) {
    CHECK(status_of(version(text)) == 400);
  }
  CHECK(status_of("GET /p/abc\r\n\r\n") == 400);
  for (const char* header : {"Connection: close\r\n", "Connection: x, Close\r\n"}) {
    CHECK_FALSE(outcome_of(get("/p/abc", header)).plan.keep_alive);
  }
}

TEST_CASE("a head that two programs would read in two ways is refused") {
  for (const char* head :
       {"GET /p/abc HTTP/1.1\nHost: localhost\n\n", "GET /p/abc HTTP/1.1\r\nHost: localhost\n\r\n",
        "GET /p/abc HTTP/1.1\r\r\nHost: localhost\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\nX : a\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\n X: a\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\n: a\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\nX: a\x01\r\n\r\n",
        "GET /p/abc HTTP/1.1\r\nHost: localhost\r\nX(: a\r\n\r\n",
        "\r\nGET /p/abc HTTP/1.1\r\nHost: localhost\r\n\r\n",
        " GET /p/abc HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET  /p/abc HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /p/a bc HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET\t/p/abc HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "G(T /p/abc HTTP/1.1\r\nHost: localhost\r\n\r\n", "\x16\x03\x01\x02"}) {
    CHECK(status_of(head) == 400);
  }
  CHECK(status_of(get(std::string("/p/a\0", 5))) == 400);
  CHECK(status_of(get("/p/abc", std::string("X: a\0b\r\n", 8))) == 400);
}

TEST_CASE("there is one host, and it is ours") {
  const auto host = [](const std::string& lines) {
    return "GET /p/abc HTTP/1.1\r\n" + lines + "\r\n";
  };
  for (const char* name : {"relay.example.com", "RELAY.example.com:443", "localhost",
                           "localhost:8480", "127.0.0.1:1", "[::1]", "[::1]:8480", "192.0.2.7"}) {
    CHECK(status_of(host(std::string("Host: ") + name + "\r\n")) == 0);
  }
  for (const char* name :
       {"evil.example.com", "relay.example.com.evil.com", "", "relay.example.com:", "localhost:x",
        "localhost:123456", "[::1", "[::1]x", "user@localhost", "0.0.0.0", "*"}) {
    CHECK(status_of(host(std::string("Host: ") + name + "\r\n")) == 421);
  }
  CHECK(status_of(host("")) == 400);
  CHECK(status_of(host("Host: localhost\r\nHost: localhost\r\n")) == 400);
  CHECK(status_of(host("Host: localhost\r\nhost: evil.example.com\r\n")) == 400);
}

TEST_CASE("listening on all addresses allows no name") {
  const HostList hosts("http://*:8480", "*:8480");
  CHECK_FALSE(hosts.allows("*"));
  CHECK_FALSE(HostList("http://0.0.0.0:1", "0.0.0.0:1").allows("0.0.0.0"));
  CHECK(hosts.allows("localhost"));
}

TEST_CASE("a body whose length could be read in two ways is refused") {
  for (const char* headers :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n", "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n", "Content-Length: -3\r\n", "Content-Length: 0x3\r\n",
        "Content-Length: 3a\r\n", "Content-Length: \r\n", "Content-Length: 00000000003\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: Chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: \x0b"
        "chunked\r\n",
        "Transfer-Encoding:\r\n"}) {
    CHECK(status_of(post(headers, "a=1")) == 400);
  }
  CHECK(status_of(post("Content-Length: 0000000003\r\n", "a=1")) == 0);
  CHECK(status_of("POST /p/abc HTTP/1.0\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n") ==
        400);
}

TEST_CASE("chunks that are none are refused") {
  for (const char* body : {"x\r\n", "\r\n", "1\na\r\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n",
                           "-1\r\na\r\n", "0x1\r\na\r\n\r\n", "1 ;\r\na\r\nx", "1\r\na0\r\n\r\n",
                           "ffffffffffffffffff\r\n", "1;\x01\r\na\r\n"}) {
    INFO(body);
    const int status = status_of(chunked(body));
    CHECK((status == 400 || status == 413));
  }
}

TEST_CASE("a chunk's size has at most kMaxChunkSizeDigits digits") {
  CHECK(status_of(chunked("00000001\r\na\r\n0\r\n\r\n")) == 0);
  CHECK(status_of(chunked("000000001\r\na\r\n0\r\n\r\n")) == 400);
  CHECK(status_of(chunked("1\r\na\r\n00000000\r\n\r\n")) == 0);
  CHECK(status_of(chunked("1\r\na\r\n000000000\r\n\r\n")) == 400);
  CHECK(status_of(chunked("ffffffff\r\n")) == 413);
}

TEST_CASE("a chunk's extension has at most kMaxChunkExtensionBytes") {
  const auto extension = [](std::size_t size) {
    return chunked("1;" + std::string(size - 1, 'x') + "\r\na\r\n0\r\n\r\n");
  };
  CHECK(status_of(extension(kMaxChunkExtensionBytes)) == 0);
  CHECK(status_of(extension(kMaxChunkExtensionBytes + 1)) == 400);
  CHECK(status_of(chunked("1;" + std::string(kMaxChunkLineBytes - 2, 'x'))) == -1);
  CHECK(status_of(chunked("1;" + std::string(kMaxChunkLineBytes - 1, 'x'))) == 400);
}

TEST_CASE("a body has at most kMaxProbeBodyBytes, however it is sent") {
  const auto length = [](std::size_t size) {
    return post("Content-Length: " + std::to_string(size) + "\r\n", std::string(size, 'a'));
  };
  CHECK(status_of(length(kMaxProbeBodyBytes - 1)) == 0);
  CHECK(status_of(length(kMaxProbeBodyBytes)) == 0);
  CHECK(status_of(length(kMaxProbeBodyBytes + 1)) == 413);
  CHECK(status_of(post("Content-Length: 1000000000\r\n", "")) == 413);
  CHECK(status_of(post("Content-Length: 9999999999\r\n", "")) == 413);
  CHECK(status_of("GET /p/abc HTTP/1.1\r\n" + kHost + "Content-Length: 4097\r\n\r\n") == 413);
  const auto pieces = [](std::size_t size) {
    return chunked("800\r\n" + std::string(0x800, 'a') + "\r\n" +
                   (size == 0x1001 ? "801\r\n" : "800\r\n") + std::string(size - 0x800, 'a') +
                   "\r\n0\r\n\r\n");
  };
  CHECK(status_of(pieces(kMaxProbeBodyBytes)) == 0);
  CHECK(status_of(pieces(kMaxProbeBodyBytes + 1)) == 413);
}

TEST_CASE("a body's framing has at most kMaxFramedBodyBytes") {
  std::string small;
  for (int i = 0; i < 200; ++i) small += "1;" + std::string(200, 'x') + "\r\na\r\n";
  CHECK(status_of(chunked(small + "0\r\n\r\n")) == 0);
  CHECK(status_of(chunked(small + small + "0\r\n\r\n")) == 413);
}

TEST_CASE("a POST is a form and nothing else") {
  const auto typed = [](const std::string& lines) {
    return "POST /p/abc HTTP/1.1\r\n" + kHost + lines + "Content-Length: 0\r\n\r\n";
  };
  CHECK(status_of(typed("Content-Type: Application/x-www-form-urlencoded\r\n")) == 0);
  for (const char* lines :
       {"", "Content-Type: text/plain\r\n", "Content-Type: application/json\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: application/x-www-form-urlencoded; charset=gbk\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Type: text/plain\r\n"}) {
    CHECK(status_of(typed(lines)) == 415);
  }
}

TEST_CASE("a wish to continue is seen, any other expectation is refused") {
  CHECK(outcome_of(post("Content-Length: 3\r\nExpect: 100-Continue\r\n", "a=1"))
            .plan.expects_continue);
  CHECK_FALSE(outcome_of(get("/p/abc", "Expect: 100-continue\r\n")).plan.expects_continue);
  CHECK(status_of(get("/p/abc", "Expect: gold\r\n")) == 417);
}

TEST_CASE("a request made in advance says so") {
  for (const char* header : {"Purpose: prefetch\r\n", "Sec-Purpose: prefetch;prerender\r\n",
                             "X-Purpose: preview\r\n", "X-Moz: Prefetch\r\n"}) {
    CHECK(outcome_of(get("/p/abc", header)).request.prefetch);
  }
  CHECK_FALSE(outcome_of(get("/p/abc", "Purpose: reading\r\n")).request.prefetch);
}

TEST_CASE("a user agent is cut at kMaxUserAgentBytes") {
  const auto agent = [](std::size_t size) {
    return outcome_of(get("/p/abc", "User-Agent: " + std::string(size, 'a') + "\r\n"))
        .request.user_agent.size();
  };
  CHECK(agent(kMaxUserAgentBytes) == kMaxUserAgentBytes);
  CHECK(agent(kMaxUserAgentBytes + 1) == kMaxUserAgentBytes);
}

}  // namespace yizhan::broker
