#include "broker/http_text.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::broker {

TEST_CASE("an answer has a status line, its headers and its length") {
  const HttpResponse response{1, 200, "text/plain", "hello", {{"X-A", "1"}}};
  CHECK(response_text(response, {.keep_alive = true}) ==
        "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
        "X-A: 1\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(response_text(response, {.keep_alive = false, .without_body = true}) ==
        "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
        "X-A: 1\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a header that would end its line is left out") {
  const HttpResponse response{
      1, 404, "", "", {{"X-A", "1\r\nX-B: 2"}, {"X\n", "1"}, {"X-C", std::string("a\0b", 3)}}};
  const std::string text = response_text(response, {});
  CHECK(text.starts_with("HTTP/1.1 404 Not Found\r\n"));
  CHECK(text.find("X") == std::string::npos);
}

TEST_CASE("dates are of the form that HTTP wants") {
  CHECK(http_date(from_micros(1'772'587'920'999'999)) == "Wed, 04 Mar 2026 01:32:00 GMT");
  CHECK(http_date(from_micros(1'709'164'800'000'000)) == "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace yizhan::broker
