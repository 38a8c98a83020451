// `yizhan sign` and `yizhan key`: the signer's side of signed task files. The key lies in the
// agent's state folder; the agent need not run.

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "agent/signature.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "config/daemon.h"
#include "config/files.h"
#include "config/signing.h"
#include "store/disk.h"
#include "wire/limits.h"

namespace yizhan::cli {

namespace {

Result<AgentConfig> agent_config(const Invocation& call, const char* words) {
  TRY_ASSIGN(Config config, load_config(call));
  if (auto* agent = std::get_if<AgentConfig>(&config)) return std::move(*agent);
  return Error{Code::kInvalid,
               std::string("\"") + words + "\" is asked of an agent; use --config agent.ini"};
}

Result<SigningKey> signing_key(const AgentOptions& options) {
  TRY(make_private_folder(options.state_dir));
  return load_or_create_signing_key(options.state_dir + "/signing.key");
}

/// What the signed file may be read by: whoever could read the unsigned one.
mode_t mode_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0600U;
}

Status sign_file(const AgentOptions& options, const std::string& from, const std::string& to) {
  const std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  TRY_ASSIGN(const std::string bytes, disk->read(from, wire::kMaxTaskFileBytes));
  TRY_ASSIGN(const SigningKey key, signing_key(options));
  TRY_ASSIGN(const std::string text, agent::sign_task_file(bytes, from, options.user, key));
  std::error_code failure;
  if (to != from && std::filesystem::exists(to, failure)) {
    return Error{Code::kConflict, to + " exists already; name another file with -o"};
  }
  return write_file_atomic(to, text, mode_of(from));
}

}  // namespace

int run_sign(const Invocation& call) {
  const Result<AgentConfig> config = agent_config(call, "sign");
  if (!config.ok()) return fail_usage(config.error().message);
  const std::string from = call.one("FILE");
  const Status done = sign_file(config->options, from, call.has("o") ? call.one("o") : from);
  return done.ok() ? kDone : fail(done.error());
}

int run_key(const Invocation& call) {
  const Result<AgentConfig> config = agent_config(call, "key");
  if (!config.ok()) return fail_usage(config.error().message);
  const Result<SigningKey> key = signing_key(config->options);
  if (!key.ok()) return fail(key.error());
  const std::string& user = config->options.user;
  const std::string text = format_verify_key(key->public_key);
  const std::string id = key_id(key->public_key);
  if (call.json) {
    print(Json{{"user", user}, {"key", text}, {"key_id", id}}.dump() + "\n");
    return kDone;
  }
  // Ready for the agent.ini of whoever shall trust it.
  print("# key " + id + "\n[trust " + id + "]\nuser = " + user + "\nkey = " + text + "\n");
  return kDone;
}

}  // namespace yizhan::cli
