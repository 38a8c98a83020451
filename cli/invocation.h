#pragma once
// One call of `yizhan` as its command sees it.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_code.h"
#include "config/options.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan::cli {

struct Command;

struct Invocation {
  const Command* command = nullptr;
  std::string config;  ///< path as given, or the default one
  bool json = false;
  Now now;  ///< when the program started
  /// By the argument's name in the table, without dashes; a flag that is set has one empty value.
  std::map<std::string, std::vector<std::string>> values;

  bool has(const std::string& name) const { return values.contains(name); }
  /// The only value, or "" if it was not given.
  std::string one(const std::string& name) const;
  /// All values, in their order.
  std::vector<std::string> all(const std::string& name) const;
};

struct AgentConfig {
  std::string path;      ///< absolute
  AgentOptions options;  ///< with the user filled in
};
struct BrokerConfig {
  std::string path;
  BrokerOptions options;
};
using Config = std::variant<AgentConfig, BrokerConfig>;

/// Reads the configuration that the call names. Errors are those of the file.
Result<Config> load_config(const Invocation& call);

/// Prints "yizhan: …" and returns the exit code that goes with it.
int fail(const Error& error);
/// The same for a configuration or an argument that cannot be used.
int fail_usage(const std::string& message);

}  // namespace yizhan::cli
