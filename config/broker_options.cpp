// The key table of broker.ini.

#include <chrono>

#include "config/ini_text.h"
#include "config/networks.h"
#include "config/option_bindings.h"
#include "config/option_schema.h"
#include "config/option_table.h"
#include "config/options.h"

namespace yizhan {

namespace {

using std::chrono::hours;

constexpr int kMostHttpConnections = 1'024;  // as many as the server takes
constexpr int kMostHttpRequests = 1'000'000;
constexpr hours kTenYears{24 * 3650};
constexpr hours kHundredYears{24 * 36500};
constexpr hours kLeastAudit{24 * 30};
constexpr int kLargestMailbox = 1'000'000'000;

/// Shown as one "***", so that not even their number can be seen.
Binding<BrokerOptions> tokens() {
  Binding<BrokerOptions> binding = list(&BrokerOptions::tokens, "texts parted by commas");
  binding.show = [](const BrokerOptions& options) {
    return shown_unless_empty(options.tokens.empty() ? "" : "***");
  };
  return binding;
}

Binding<BrokerOptions> trusted_proxies() {
  Binding<BrokerOptions> binding = list(&BrokerOptions::http_trusted_proxies,
                                        "addresses and networks parted by commas", check_network);
  binding.show = [](const BrokerOptions& options) {
    return shown_unless_empty(write_list(options.http_trusted_proxies));
  };
  return binding;
}

Binding<SecretOptions> secret_value() {
  Binding<SecretOptions> binding = text(&SecretOptions::value, "text");
  binding.show = [](const SecretOptions& secret) {
    return shown_unless_empty(secret.value.empty() ? "" : "***");
  };
  return binding;
}

Binding<BrokerOptions> store_url() {
  Binding<BrokerOptions> binding = text(&BrokerOptions::store_url, "URL", check_store_url);
  binding.show = [](const BrokerOptions& options) {
    return shown_unless_empty(without_password(options.store_url));
  };
  return binding;
}

std::vector<Option<BrokerOptions>> broker_table() {
  using Broker = BrokerOptions;
  return {
      {.key = "listen",
       .binding = text(&Broker::listen, "address", check_tcp_listen),
       .sentence = "Where agents connect. tcp://*:8470 for all addresses of this machine."},
      {.key = "http_listen",
       .binding = text(&Broker::http_listen, "address", check_listen_address),
       .sentence = "Where the HTTP tunnel, probe links, the console and the metrics are served."},
      {.key = "public_url",
       .binding = text(&Broker::public_url, "URL", check_http_url),
       .sentence = "Start of the probe links, as people's browsers see it. Empty: http:// (with a "
                   "certificate https://) and http_listen.",
       .example = "https://relay.example.com"},
      {.key = "http_certificate",
       .binding = path(&Broker::http_certificate),
       .sentence = "Certificate for TLS on http_listen, in PEM: the server's own first, then those "
                   "between it and the authority. Read at the start: start the broker again after "
                   "renewing it. Empty: no TLS.",
       .example = "/etc/yizhan/fullchain.pem"},
      {.key = "http_key",
       .binding = path(&Broker::http_key),
       .sentence = "The certificate's private key, in PEM, without a password.",
       .example = "/etc/yizhan/privkey.pem"},
      {.key = "http_trusted_proxies",
       .binding = trusted_proxies(),
       .sentence = "Reverse proxies in front of http_listen whose X-Forwarded-For is believed: of "
                   "the addresses in it, the last that is none of these is the client's. Empty: "
                   "the header is ignored.",
       .example = "127.0.0.1, 10.0.0.0/8"},
      {.key = "http_connections",
       .binding = integer(&Broker::http_connections, 1, kMostHttpConnections),
       .sentence = "How many HTTP connections one address may have. Trusted proxies may have any "
                   "number; another reverse proxy is one address for everybody: raise this and the "
                   "next for it."},
      {.key = "http_requests_per_minute",
       .binding = integer(&Broker::http_requests_per_minute, 0, kMostHttpRequests),
       .sentence = "How often one address may ask for probe pages. 0: no limit."},
      {.key = "state_dir",
       .binding = path(&Broker::state_dir),
       .sentence = "Folder of the key, its public half broker.pub, attachments, and the database "
                   "if that is SQLite."},
      {.key = "enroll",
       .binding = choice(&Broker::enroll, Choices<Enroll>{{"auto", Enroll::kAuto},
                                                          {"token", Enroll::kToken},
                                                          {"pending", Enroll::kPending}}),
       .sentence = "Which new agents are accepted without a person: auto: those on this machine; "
                   "token: those that bring one of the tokens; pending: none, each waits for "
                   "yizhan clients accept."},
      {.key = "tokens",
       .binding = tokens(),
       .sentence = "Tokens for unattended enrolment.",
       .example = "a-long-random-text"},
      {.key = "command_roles",
       .binding = list(&Broker::command_roles, "roles parted by commas"),
       .sentence = "Roles whose clients may send messages of kind command."},
      {.key = "language",
       .binding = choice(&Broker::language, Choices<std::string>{{"en", "en"}, {"zh", "zh"}}),
       .sentence = "Language of what rules write to people: en or zh."},
      {.key = "retention",
       .binding = duration(&Broker::retention, hours{1}, kTenYears),
       .sentence = "How long finished messages are kept. Their ids are kept for ever."},
      {.key = "keep_deleted",
       .binding = duration(&Broker::keep_deleted, hours{24}, kTenYears),
       .sentence =
           "How long history remembers that something was deleted. An agent that stays away "
           "longer fetches its slices anew. Texts are kept for ever."},
      {.key = "audit_retention",
       .binding = duration(&Broker::audit_retention, kLeastAudit, kHundredYears),
       .sentence = "How long rows of the audit log are kept. The rest stays a chain: a row says up "
                   "to which one the oldest were removed."},
      {.key = "max_mailbox",
       .binding = integer(&Broker::max_mailbox, 1, kLargestMailbox),
       .sentence = "How many messages may wait for one client. More stay with their senders, who "
                   "try again."},
      {.key = "log_level",
       .binding = choice(&Broker::log_level, Choices<LogLevel>{{"debug", LogLevel::kDebug},
                                                               {"info", LogLevel::kInfo},
                                                               {"warning", LogLevel::kWarning},
                                                               {"error", LogLevel::kError}}),
       .sentence = "What is logged."},
      {.key = "log_file",
       .binding = path(&Broker::log_file),
       .sentence = "File the log is appended to. Empty: standard error.",
       .example = "/var/log/yizhan/broker.log"},
  };
}

const std::vector<Section<BrokerOptions>>& schema() {
  static const std::vector<Section<BrokerOptions>> sections{
      single_section<BrokerOptions>("broker", "The broker itself.", broker_table()),
      single_section<BrokerOptions>(
          "store", "The server database.",
          {{.key = "url",
            .binding = store_url(),
            .sentence = "sqlite:///path, or mysql://user:password@host:port/db for MySQL, MariaDB "
                        "and Galera. Empty: server.db in state_dir.",
            .example = "sqlite:///var/lib/yizhan/server.db"}}),
      single_section<BrokerOptions>(
          "rules", "The three instruction tables.",
          {{.key = "path",
            .binding = path(&BrokerOptions::rules_path),
            .sentence = "File or folder that is applied when the database has no rules yet. "
                        "Afterwards the database counts: yizhan rules apply.",
            .example = "/etc/yizhan/rules"}}),
      named_section<BrokerOptions, ProgramOptions>(
          "program", "A program that rules may start with the command run. One section for each.",
          "archive", &BrokerOptions::programs,
          {{.key = "run",
            .binding = command(&ProgramOptions::run),
            .sentence = "The program. No shell: blanks part arguments, double quotes group.",
            .example = "/usr/local/bin/archive --quiet",
            .required = true}}),
      named_section<BrokerOptions, SecretOptions>(
          "secret", "A secret that signs web hooks (webhook … secret=NAME). One section for each.",
          "ci", &BrokerOptions::secrets,
          {{.key = "value",
            .binding = secret_value(),
            .sentence = "The secret: a long random text that the receiver knows too.",
            .example = "a-long-random-text",
            .required = true}}),
  };
  return sections;
}

}  // namespace

Result<BrokerOptions> load_broker_options(const std::string& path, std::string_view text,
                                          const std::string& home) {
  const ConfigFile file{path, {folder_of_config(path), home}};
  TRY_ASSIGN(const IniDocument document, parse_config(path, text));
  if (document.find("broker") == nullptr) {
    return ini::error_at(Code::kInvalid, path, 1, "a [broker] section is needed");
  }
  BrokerOptions options;
  TRY(read_config(document, schema(), file, options));
  const bool has_tls = !options.http_certificate.empty();
  if (has_tls == options.http_key.empty()) {
    return error_of_option(
        path, text, "broker", has_tls ? "http_certificate" : "http_key",
        {Code::kInvalid, std::string("TLS needs a certificate and its key; ") +
                             (has_tls ? "http_key" : "http_certificate") + " is missing"});
  }
  if (options.public_url.empty()) {
    options.public_url = (has_tls ? "https://" : "http://") + options.http_listen;
  }
  if (options.store_url.empty()) options.store_url = "sqlite://" + options.state_dir + "/server.db";
  return options;
}

std::string sample_broker_ini() {
  return sample_config(
      "Configuration of yizhan-broker. Each key is shown with its default or, where there is none, "
      "an example; take the \"#\" away and change it. Relative paths are relative to this file.",
      schema());
}

std::string effective_broker_ini(const BrokerOptions& options) {
  return show_config(schema(), options);
}

}  // namespace yizhan
