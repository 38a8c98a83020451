#pragma once
// What the two daemons are set up with. Each has one key table (agent_options.cpp and
// broker_options.cpp), which parses and checks its file, prints the effective values and writes the
// commented sample. No environment and no clock: the same text gives the same options.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/log.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan {

// All paths in options are absolute.

/// A folder that task files are dropped into: [watch NAME].
struct WatchOptions {
  std::string name;
  std::string path;
  bool managed = true;  ///< files move on from inbox to sent; false: they stay where they are
  Micros poll_interval = std::chrono::seconds{2};  ///< where the system reports no changes

  bool operator==(const WatchOptions&) const = default;
};

/// A local program that incoming messages are handed to: [handler NAME].
struct HandlerOptions {
  std::string name;
  /// Fields and what they have to be, all of them: "kind" → "task". Empty: every message.
  std::vector<std::pair<std::string, std::string>> when;
  std::vector<std::string> run;  ///< argument vector, the program first; `${…}` not yet expanded
  Micros timeout = std::chrono::minutes{10};

  bool operator==(const HandlerOptions&) const = default;
};

/// An OmegaT project folder: [project NAME].
struct ProjectOptions {
  std::string name;
  std::string path;
  std::string slice;  ///< of history data, where its work goes; empty: it is not exchanged
  std::vector<std::string> reads;  ///< paths of slices that it gets; empty: all of slice's client
  bool create = false;             ///< make the project if there is none
  std::string users;               ///< "root = li.wei, wf = wang.fang"
  std::string questions_to = "role:pm";

  bool operator==(const ProjectOptions&) const = default;
};

/// Somebody whose signed task files count although the broker did not bring them: [trust NAME].
struct TrustOptions {
  std::string name;
  std::string user;  ///< the sender that the key vouches for, and no other
  std::string key;   ///< Z85

  bool operator==(const TrustOptions&) const = default;
};

/// agent.ini
struct AgentOptions {
  std::string state_dir;
  std::string user;  ///< empty: the login name, which main fills in
  std::vector<std::string> brokers{"tcp://127.0.0.1:8470"};  ///< tried in this order
  std::string broker_key;       ///< Z85; empty: read from broker_key_file
  std::string broker_key_file;  ///< the broker's broker.pub; may be empty as well
  std::string token;            ///< secret; empty: none
  Micros heartbeat_interval = std::chrono::seconds{10};
  int max_handlers = 4;                  ///< programs running at the same time
  std::size_t output_limit = 64 * 1024;  ///< bytes kept of a program's output
  Micros rescan_interval = std::chrono::seconds{60};
  Micros retention = std::chrono::hours{24 * 90};
  LogLevel log_level = LogLevel::kInfo;
  std::string log_file;  ///< empty: standard error
  std::vector<WatchOptions> watches;
  std::vector<HandlerOptions> handlers;
  std::vector<ProjectOptions> projects;
  std::string projects_dir;  ///< where translation tasks get their projects; empty: they get none
  std::vector<TrustOptions> trusted;

  bool operator==(const AgentOptions&) const = default;
};

/// Which unknown keys become clients without a person's help.
enum class Enroll {
  kAuto,     ///< those that come from this machine; all others wait as with kPending
  kToken,    ///< those that bring one of the tokens
  kPending,  ///< none: each waits for `yizhan clients accept`
};

/// A program that rules may start: [program NAME].
struct ProgramOptions {
  std::string name;
  std::vector<std::string> run;  ///< argument vector, the program first

  bool operator==(const ProgramOptions&) const = default;
};

/// A secret that signs web hooks: [secret NAME].
struct SecretOptions {
  std::string name;
  std::string value;  ///< secret

  bool operator==(const SecretOptions&) const = default;
};

/// broker.ini
struct BrokerOptions {
  std::string listen = "tcp://127.0.0.1:8470";
  std::string http_listen = "127.0.0.1:8480";
  std::string public_url;             ///< start of probe links, no slash at its end
  std::string http_certificate;       ///< PEM file; empty: HTTP without TLS
  std::string http_key;               ///< PEM file, if and only if there is a certificate
  std::vector<std::string> http_trusted_proxies;  ///< addresses and networks (config/networks.h)
  int http_connections = 20;          ///< of one address that is no trusted proxy
  int http_requests_per_minute = 60;  ///< of one address; 0: no limit
  std::string state_dir = "/var/lib/yizhan";
  Enroll enroll = Enroll::kAuto;
  std::vector<std::string> tokens;  ///< secret
  Micros retention = std::chrono::hours{24 * 90};
  Micros keep_deleted = std::chrono::hours{24 * 180};  ///< deleted records of history
  Micros audit_retention = std::chrono::hours{24 * 730};
  int max_mailbox = 1'000'000;  ///< messages that may wait for one client
  std::string language = "en";  ///< of what rules write to people: en or zh
  std::vector<std::string> command_roles{"pm", "operator"};  ///< whose clients may send commands
  LogLevel log_level = LogLevel::kInfo;
  std::string log_file;    ///< empty: standard error
  std::string store_url;   ///< may hold a password
  std::string rules_path;  ///< file or folder applied at the first start; empty: none
  std::vector<ProgramOptions> programs;
  std::vector<SecretOptions> secrets;

  bool operator==(const BrokerOptions&) const = default;
};

enum class ConfigKind { kAgent, kBroker };

/// Which daemon the configuration `text` is for: the one whose section, [agent] or [broker], it
/// has. kInvalid if it has none or both, or is no INI. `path` stands in messages.
Result<ConfigKind> config_kind(const std::string& path, std::string_view text);

/// Options from the text of the file `path`, which should be absolute: relative paths in it are
/// relative to its folder. "~/" is in `home`. Fails with kInvalid or kLimit and the first thing
/// wrong, "FILE:LINE: …".
Result<AgentOptions> load_agent_options(const std::string& path, std::string_view text,
                                        const std::string& home);
/// `public_url` without a value follows from http_listen and whether there is a certificate.
Result<BrokerOptions> load_broker_options(const std::string& path, std::string_view text,
                                          const std::string& home);

/// `error`, which is about the value of `key` in [section] of the configuration `text`, as one of
/// load_…_options(): "FILE:LINE: …".
Error error_of_option(const std::string& path, std::string_view text, std::string_view section,
                      std::string_view key, const Error& error);

/// The shipped files: every key with its sentence and default, all commented out.
std::string sample_agent_ini();
std::string sample_broker_ini();

/// The options as a file that loads to the same options, but with "***" for each secret.
std::string effective_agent_ini(const AgentOptions& options);
std::string effective_broker_ini(const BrokerOptions& options);

}  // namespace yizhan
