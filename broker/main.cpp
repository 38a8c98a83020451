// yizhan-broker: opens everything, then hands over to the loop.

#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "broker/core.h"
#include "broker/initial_rules.h"
#include "broker/loop.h"
#include "broker/router_zmq.h"
#include "config/clock.h"
#include "config/daemon.h"
#include "config/daemon_start.h"
#include "config/keys.h"
#include "config/log.h"
#include "config/options.h"
#include "config/version.h"
#include "store/db.h"
#include "store/disk.h"

namespace yizhan::broker {
namespace {

constexpr const char* kProgram = "yizhan-broker";
constexpr std::size_t kFewDescriptors = 1'024;

TlsFiles tls_files(const BrokerOptions& options) {
  return {options.http_certificate, options.http_key};
}

/// Files that are named and cannot be used are a mistake in the configuration, and said as one.
Status check_tls(const ConfigText& config, const BrokerOptions& options) {
  const TlsFiles files = tls_files(options);
  if (files.certificate.empty()) return {};
  const auto about = [&](const char* key, const Status& status) -> Status {
    if (status.ok()) return {};
    return error_of_option(config.path, config.text, "broker", key, status.error());
  };
  TRY(about("http_certificate", check_tls_certificate(files)));
  return about("http_key", check_tls_key(files));
}

Result<BrokerOptions> load_options(const std::string& path) {
  TRY_ASSIGN(const ConfigText config, read_config_text(path));
  TRY_ASSIGN(const ConfigKind kind, config_kind(config.path, config.text));
  if (kind != ConfigKind::kBroker) {
    return Error{Code::kInvalid, config.path +
                                     " is the configuration of an agent; the broker's "
                                     "has a section [broker]"};
  }
  TRY_ASSIGN(BrokerOptions options, load_broker_options(config.path, config.text, home_folder()));
  TRY(check_tls(config, options));
  return options;
}

struct Keys {
  KeyPair broker;
  KeyPair admin;
};

Result<Keys> open_keys(const std::string& state_dir) {
  TRY_ASSIGN(KeyPair own, load_or_create_key(state_dir + "/broker.key"));
  TRY_ASSIGN(KeyPair admin, load_or_create_key(state_dir + "/admin.key"));
  TRY(write_public_key(state_dir + "/broker.pub", own.public_key));
  return Keys{own, admin};
}

void announce(const BrokerOptions& options, const Router& router, const Keys& keys,
              Supervisor& supervisor) {
  const std::string where = "listening on " + router.endpoint();
  std::printf("%s %s %s (state in %s, key %s)\n", kProgram, kProgramVersion, where.c_str(),
              options.state_dir.c_str(), to_z85(keys.broker.public_key.view()).c_str());
  std::fflush(stdout);
  log_info(where);
  supervisor.ready(where);
}

void warn_of_certificate(const BrokerOptions& options) {
  const std::string warning = tls_certificate_warning(tls_files(options));
  if (!warning.empty()) log_warning(warning);
}

/// What works, and yet will not do for those who get a link.
void warn_of_links(const BrokerOptions& options) {
  const bool has_tls = !options.http_certificate.empty();
  const bool is_https = options.public_url.starts_with("https://");
  if (is_https && !has_tls && options.http_trusted_proxies.empty()) {
    log_warning("public_url is " + options.public_url +
                ", but http_listen has no TLS: set http_certificate and http_key, or, if a reverse "
                "proxy speaks TLS for it, http_trusted_proxies");
  }
  if (!is_https && has_tls) {
    log_warning("http_listen has TLS, but public_url is " + options.public_url +
                ": links begin with it and would not open; make it https://");
  }
  warn_of_certificate(options);
}

Result<TrustedProxies> trusted_proxies(const BrokerOptions& options) {
  std::vector<Network> networks;
  for (const std::string& text : options.http_trusted_proxies) {
    TRY_ASSIGN(const Network network, parse_network(text));
    networks.push_back(network);
  }
  return TrustedProxies(std::move(networks));
}

/// Null if it cannot be served: the relay is needed more than the links.
Result<std::unique_ptr<HttpServer>> open_http(const BrokerOptions& options) {
  warn_of_links(options);
  HttpServerOptions http;
  http.listen = options.http_listen;
  http.public_url = options.public_url;
  http.tls = tls_files(options);
  TRY_ASSIGN(http.proxies, trusted_proxies(options));
  http.per_address = {static_cast<std::size_t>(options.http_connections),
                      options.http_requests_per_minute};
  Result<std::unique_ptr<HttpServer>> server = HttpServer::open(http);
  if (server.ok()) {
    log_info(std::string("serving probe links on ") +
             (http.tls.certificate.empty() ? "http://" : "https://") + (*server)->endpoint());
    return server;
  }
  log_error("probe links are not served: " + server.error().message +
            "; change [broker] http_listen");
  return std::unique_ptr<HttpServer>();
}

/// SIGHUP: what other programs renew is opened anew. What fails stays as it was, and is told.
void reload(const BrokerOptions& options, HttpServer* http) {
  const Status log = start_log(options.log_level, options.log_file, kProgram);
  if (!log.ok()) log_error(log.error().message);
  if (http == nullptr || options.http_certificate.empty()) return;
  const Status tls = http->reload_tls();
  if (!tls.ok()) return log_error("the certificate stays the old one: " + tls.error().message);
  log_info("read the certificate " + options.http_certificate + " again");
  warn_of_certificate(options);
}

/// The process's exit code.
Result<int> run(const std::string& config_path) {
  TRY_ASSIGN(const BrokerOptions options, load_options(config_path));
  TRY(make_private_folder(options.state_dir));
  TRY_ASSIGN(const InstanceLock lock, InstanceLock::acquire(options.state_dir + "/broker.lock"));
  TRY(start_log(options.log_level, options.log_file, kProgram));
  TRY_ASSIGN(Signals signals, Signals::block());
  TRY_ASSIGN(WakeTimer timer, WakeTimer::open());
  if (const std::size_t limit = raise_descriptor_limit(); limit <= kFewDescriptors) {
    log_warning("only " + std::to_string(limit) +
                " file descriptors are allowed: about as many agents can connect; raise the hard "
                "limit (LimitNOFILE=, ulimit -Hn)");
  }
  TRY_ASSIGN(const Keys keys, open_keys(options.state_dir));
  TRY_ASSIGN(const std::vector<rules::RuleFile> rules, read_initial_rules(options.rules_path));
  TRY_ASSIGN(const std::unique_ptr<store::Db> db, store::open_url(options.store_url));
  const std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  TRY_ASSIGN(const std::unique_ptr<Core> core,
             Core::open(options, keys.admin.public_key, LinkKey::derive(keys.broker.secret_key),
                        *db, *disk, rules, read_clock()));
  TRY_ASSIGN(const std::unique_ptr<Router> router, Router::open(options.listen, keys.broker));
  TRY_ASSIGN(const std::unique_ptr<PosixRunner> runner, PosixRunner::open());
  TRY_ASSIGN(const std::unique_ptr<WebhookClient> webhooks, WebhookClient::open({}));
  TRY_ASSIGN(const std::unique_ptr<HttpServer> http, open_http(options));

  Supervisor supervisor;
  announce(options, *router, keys, supervisor);
  Loop loop({*core, *router, *runner, http.get(), *webhooks, signals, timer, supervisor,
             [&] { reload(options, http.get()); }});
  const Status ended = loop.run();
  supervisor.stopping();
  runner->stop_all();
  if (!ended.ok()) {
    log_error("stopped, to start again from what is on disk: " + ended.error().message);
    return 74;
  }
  log_info("stopped");
  return 0;
}

}  // namespace
}  // namespace yizhan::broker

int main(int argc, char** argv) {
  using namespace yizhan;
  const DaemonArguments arguments =
      parse_daemon_arguments(argc, argv, broker::kProgram,
                             "The relay's broker: stores and routes the messages of all agents.");
  if (arguments.finished) return arguments.exit_code;
  umask(077);
  const Result<int> code = broker::run(arguments.config);
  return code.ok() ? *code : report_start_failure(broker::kProgram, code.error());
}
