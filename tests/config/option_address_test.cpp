// Addresses, URLs and keys in configuration files.

#include <catch2/catch.hpp>
#include <string>

#include "config/option_value.h"

namespace yizhan {
namespace {

TEST_CASE("addresses to listen on have a host of this machine and a port") {
  for (const char* text :
       {"127.0.0.1:8480", "*:8480", "[::1]:8480", "relay.example.com:0", "a:65535"}) {
    INFO(text);
    CHECK(check_listen_address(text).ok());
    CHECK(check_tcp_listen("tcp://" + std::string(text)).ok());
    CHECK_FALSE(check_tcp_listen(text).ok());
  }
  for (const char* text : {"", ":", ":8480", "a:", "a", "a:65536", "a:-1", "a:x", "a b:1",
                           "::1:8480x", "[]:1", "a/b:1"}) {
    INFO(text);
    CHECK_FALSE(check_listen_address(text).ok());
    CHECK_FALSE(check_tcp_listen("tcp://" + std::string(text)).ok());
  }
}

TEST_CASE("addresses to connect to are somebody's") {
  CHECK(check_tcp_peer("tcp://relay.example.com:8470").ok());
  for (const char* text : {"tcp://*:8470", "tcp://a:0", "udp://a:1", "a:1", "tcp://", ""}) {
    INFO(text);
    CHECK_FALSE(check_tcp_peer(text).ok());
  }
}

TEST_CASE("public URLs are http or https, without a slash at the end") {
  CHECK(check_http_url("https://relay.example.com/yizhan").ok());
  CHECK(check_http_url("http://127.0.0.1:8480").ok());
  for (const char* text : {"", "ftp://a", "https://a/", "https://a b", "http://", "//a"}) {
    INFO(text);
    CHECK_FALSE(check_http_url(text).ok());
  }
}

TEST_CASE("store URLs name one of two databases") {
  CHECK(check_store_url("sqlite:///var/lib/x.db").ok());
  CHECK(check_store_url("mysql://u:p@h:3306/db").ok());
  for (const char* text :
       {"", "sqlite://x.db", "sqlite:///", "mysql://", "postgres://h/db", "/x.db"}) {
    INFO(text);
    CHECK_FALSE(check_store_url(text).ok());
  }
  const Status status = check_store_url("mysq://u:secret@h/db");
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().message, !Catch::Contains("secret"));
}

TEST_CASE("passwords are not shown") {
  CHECK(without_password("mysql://u:p@h:1/db") == "mysql://u:***@h:1/db");
  CHECK(without_password("mysql://u:p@ss:w/o@h/db") == "mysql://u:***@h/db");
  CHECK(without_password("mysql://u@h:1/db") == "mysql://u@h:1/db");
  CHECK(without_password("sqlite:///x.db") == "sqlite:///x.db");
  CHECK(without_password("") == "");
}

TEST_CASE("public keys are Z85") {
  CHECK(check_public_key("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7").ok());
  CHECK_FALSE(check_public_key("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf").ok());
}

}  // namespace
}  // namespace yizhan
