#include <catch2/catch.hpp>
#include <string>

#include "config/files.h"
#include "config/options.h"
#include "tests/config/samples.h"

namespace yizhan {
namespace {

const std::string kPath = "/etc/yizhan/broker.ini";

BrokerOptions loaded(const std::string& text) {
  auto options = load_broker_options(kPath, text, "/root");
  INFO((options.ok() ? "" : options.error().message));
  REQUIRE(options.ok());
  return *options;
}

TEST_CASE("a broker's options are read") {
  const BrokerOptions options = loaded(
      "[broker]\n"
      "listen = tcp://*:8470\n"
      "http_listen = [::]:8480\n"
      "public_url = https://relay.example.com\n"
      "http_connections = 300\n"
      "http_requests_per_minute = 0\n"
      "state_dir = /srv/yizhan\n"
      "enroll = token\n"
      "tokens = one, two\n"
      "http_certificate = tls/c.pem\n"
      "http_key = /etc/ssl/k.pem\n"
      "http_trusted_proxies = 127.0.0.1, 10.0.0.0/8\n"
      "retention = 30d\n"
      "keep_deleted = 200d\n"
      "audit_retention = 365d\n"
      "max_mailbox = 5000\n"
      "command_roles = operator\n"
      "log_level = warning\n"
      "[store]\n"
      "url = mysql://u:p@h:3306/yizhan\n"
      "[rules]\n"
      "path = rules\n"
      "[program archive]\n"
      "run = /bin/archive -q\n"
      "[secret ci]\n"
      "value = long\n");
  BrokerOptions expected;
  expected.listen = "tcp://*:8470";
  expected.http_listen = "[::]:8480";
  expected.public_url = "https://relay.example.com";
  expected.http_connections = 300;
  expected.http_requests_per_minute = 0;
  expected.state_dir = "/srv/yizhan";
  expected.enroll = Enroll::kToken;
  expected.tokens = {"one", "two"};
  expected.http_certificate = "/etc/yizhan/tls/c.pem";
  expected.http_key = "/etc/ssl/k.pem";
  expected.http_trusted_proxies = {"127.0.0.1", "10.0.0.0/8"};
  expected.retention = std::chrono::hours{24 * 30};
  expected.keep_deleted = std::chrono::hours{24 * 200};
  expected.audit_retention = std::chrono::hours{24 * 365};
  expected.max_mailbox = 5000;
  expected.command_roles = {"operator"};
  expected.log_level = LogLevel::kWarning;
  expected.store_url = "mysql://u:p@h:3306/yizhan";
  expected.rules_path = "/etc/yizhan/rules";
  expected.secrets = {{"ci", "long"}};
  expected.programs = {{"archive", {"/bin/archive", "-q"}}};
  CHECK(options == expected);
}

TEST_CASE("what is not said follows from what is") {
  const BrokerOptions options =
      loaded("[broker]\nstate_dir = /srv/y\nhttp_listen = 127.0.0.1:9000\n");
  CHECK(options.store_url == "sqlite:///srv/y/server.db");
  CHECK(options.public_url == "http://127.0.0.1:9000");
  CHECK(options.http_certificate.empty());
  CHECK(options.http_trusted_proxies.empty());
  CHECK(
      loaded("[broker]\nhttp_listen = *:443\nhttp_certificate = /c\nhttp_key = /k\n").public_url ==
      "https://*:443");
  CHECK(options.enroll == Enroll::kAuto);
  CHECK(options.command_roles == std::vector<std::string>{"pm", "operator"});
}

TEST_CASE("no roles at all may be given the right to command") {
  CHECK(loaded("[broker]\ncommand_roles =\n").command_roles.empty());
}

TEST_CASE("mistakes in broker.ini are named with line and remedy") {
  struct Row {
    std::string text;
    int line;
    std::string part;
  };
  const auto row =
      GENERATE(Row{"", 1, "[broker] section is needed"}, Row{"[agent]\n", 1, "needed"},
               Row{"[broker]\nlisten =\n", 2, "tcp://127.0.0.1:8470"},
               Row{"[broker]\nenroll = yes\n", 2, "auto | token | pending"},
               Row{"[broker]\n\nhttp_certificate = /c\n", 3, "http_key is missing"},
               Row{"[broker]\nhttp_key = /k\n", 2, "http_certificate is missing"},
               Row{"[broker]\nhttp_trusted_proxies = 10.0.0.1, proxy\n", 2,
                   "\"proxy\" is no address or network"},
               Row{"[broker]\nhttp_trusted_proxies = 10.0.0.1/8\n", 2, "first address"},
               Row{"[broker]\naudit_retention = 1d\n", 2, "30d"},
               Row{"[broker]\nenrol = auto\n", 2, "did you mean \"enroll\"?"},
               Row{"[broker]\n[stroe]\n", 2, "did you mean \"store\"?"},
               Row{"[broker]\n[store]\nurl = postgres://x\n", 3, "mysql://"},
               Row{"[broker]\n[program x]\nrun = archive\n", 3, "absolute"},
               Row{"[broker]\npublic_url = relay\n", 2, "https://"});
  const auto options = load_broker_options(kPath, row.text, "/root");
  INFO(row.text);
  REQUIRE_FALSE(options.ok());
  CHECK_THAT(options.error().message,
             Catch::StartsWith(kPath + ":" + std::to_string(row.line) + ": "));
  CHECK_THAT(options.error().message, Catch::Contains(row.part));
}

TEST_CASE("a mistake that is found later is said with the place of its key") {
  const std::string text = "# comment\n[broker]\nlisten = tcp://*:1\nhttp_key = /k\n";
  const Error error{Code::kNotFound, "it is not there"};
  CHECK(error_of_option(kPath, text, "broker", "http_key", error).message ==
        kPath + ":4: http_key: it is not there");
  CHECK(error_of_option(kPath, text, "broker", "user", error).message ==
        kPath + ":2: user: it is not there");
  CHECK_THAT(error_of_option(kPath, "nonsense", "broker", "user", error).message,
             Catch::StartsWith(kPath + ":1: "));
}

TEST_CASE("a mistake in the store's URL does not show its password") {
  const auto options =
      load_broker_options(kPath, "[broker]\n[store]\nurl = mysq://u:secret@h/db\n", "/root");
  REQUIRE_FALSE(options.ok());
  CHECK_THAT(options.error().message, !Catch::Contains("secret"));
}

TEST_CASE("the shipped broker.ini is what the table writes, and changes nothing") {
  const auto shipped = read_file(std::string(YIZHAN_SOURCE_DIR) + "/config/broker.ini", 100'000);
  REQUIRE(shipped.ok());
  CHECK(*shipped == sample_broker_ini());
  CHECK(loaded(*shipped) == loaded("[broker]\n"));
}

TEST_CASE("every key of the sample broker.ini can be used as it is shown") {
  const BrokerOptions options = loaded(uncommented(sample_broker_ini()));
  CHECK(options.tokens.size() == 1);
  CHECK(options.programs.size() == 1);
  CHECK(options.public_url == "https://relay.example.com");
}

TEST_CASE("a broker's effective options load to the same, and hide tokens, secrets and password") {
  BrokerOptions options = loaded(uncommented(sample_broker_ini()));
  options.store_url = "mysql://u:pass-word@h/db";
  options.secrets[0].value = "hook-secret";
  const std::string text = effective_broker_ini(options);
  CHECK_THAT(text, !Catch::Contains("pass-word") && !Catch::Contains("hook-secret") &&
                       !Catch::Contains(options.tokens[0]));
  options.store_url = "mysql://u:***@h/db";
  options.tokens = {"***"};
  options.secrets[0].value = "***";
  CHECK(loaded(text) == options);
}

}  // namespace
}  // namespace yizhan
