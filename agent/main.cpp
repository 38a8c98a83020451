// yizhan-agent: opens everything, then hands over to the loop.

#include <malloc.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <zmq.hpp>

#include "agent/broker_link_zmq.h"
#include "agent/control_socket.h"
#include "agent/core.h"
#include "agent/loop.h"
#include "agent/machine_linux.h"
#include "config/runner_posix.h"
#include "agent/watcher_linux.h"
#include "config/clock.h"
#include "config/daemon.h"
#include "config/daemon_start.h"
#include "config/keys.h"
#include "config/log.h"
#include "config/options.h"
#include "config/version.h"
#include "store/db.h"
#include "store/disk.h"

namespace yizhan::agent {
namespace {

constexpr const char* kProgram = "yizhan-agent";
constexpr const char* kSpoolWatch = "spool";

/// An agent lives for weeks on a machine of someone who works: one arena, and memory that is free
/// goes back.
void keep_memory_small() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, 256 * 1024);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

Result<AgentOptions> load_options(const std::string& path) {
  TRY_ASSIGN(const ConfigText config, read_config_text(path));
  TRY_ASSIGN(const ConfigKind kind, config_kind(config.path, config.text));
  if (kind != ConfigKind::kAgent) {
    return Error{Code::kInvalid, config.path +
                                     " is the configuration of a broker; an agent's has "
                                     "a section [agent]"};
  }
  TRY_ASSIGN(AgentOptions options, load_agent_options(config.path, config.text, home_folder()));
  if (options.user.empty()) options.user = login_name();
  return options;
}

Result<PublicKey> broker_key(const AgentOptions& options) {
  if (const auto key = public_key_from_z85(options.broker_key)) return *key;
  const std::string what_next =
      "; the broker writes its public key to broker.pub in its state_dir: name a copy of that file "
      "in [agent] broker_key_file, or its text in broker_key";
  if (options.broker_key_file.empty()) {
    return Error{Code::kInvalid, "no broker_key is configured" + what_next};
  }
  const Result<PublicKey> key = read_public_key(options.broker_key_file);
  if (!key.ok()) return Error{key.error().code, key.error().message + what_next};
  return *key;
}

Result<Watcher> watch_folders(const AgentOptions& options) {
  TRY_ASSIGN(Watcher watcher, Watcher::open());
  for (const WatchOptions& watch : options.watches) {
    TRY(watcher.add(watch.name, watch.path));
    log_info("watching " + watch.path + ": " + watcher.mode(watch.name));
  }
  const std::string spool = options.state_dir + "/" + kSpoolWatch;
  TRY(make_private_folder(spool));
  TRY(watcher.add(kSpoolWatch, spool));
  return watcher;
}

std::uint64_t random_seed() {
  const std::string bytes = random_bytes(sizeof(std::uint64_t));
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

/// The process's exit code.
Result<int> run(const std::string& config_path) {
  TRY_ASSIGN(const AgentOptions options, load_options(config_path));
  TRY_ASSIGN(const PublicKey pinned, broker_key(options));
  TRY(make_private_folder(options.state_dir));
  TRY_ASSIGN(const InstanceLock lock, InstanceLock::acquire(options.state_dir + "/agent.lock"));
  TRY(start_log(options.log_level, options.log_file, kProgram));
  TRY_ASSIGN(Signals signals, Signals::block());
  TRY_ASSIGN(WakeTimer timer, WakeTimer::open());
  TRY_ASSIGN(const KeyPair own, load_or_create_key(options.state_dir + "/agent.key"));
  TRY_ASSIGN(const std::unique_ptr<store::Db> db,
             store::open_sqlite(options.state_dir + "/client.db"));
  const std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  const Machine machine = describe_machine(own.public_key);
  TRY_ASSIGN(const std::unique_ptr<Core> core,
             Core::open(options, machine, *db, *disk, random_seed(), read_clock()));
  TRY_ASSIGN(Watcher watcher, watch_folders(options));
  TRY_ASSIGN(const std::unique_ptr<PosixRunner> runner, PosixRunner::open());
  zmq::context_t context(1);
  TRY_ASSIGN(const std::unique_ptr<ControlSocket> control,
             ControlSocket::open(context, options.state_dir));
  TRY_ASSIGN(const std::unique_ptr<BrokerLink> link,
             BrokerLink::open(context, {options.brokers, pinned, own}));

  Supervisor supervisor;
  log_info(std::string(kProgram) + " " + kProgramVersion + " of " + options.user +
           ", unique code " + unique_code(own.public_key));
  supervisor.ready("unique code " + unique_code(own.public_key));
  Loop loop({*core, *link, *control, watcher, *runner, signals, timer, supervisor, [&] {
               const Status reopened = start_log(options.log_level, options.log_file, kProgram);
               if (!reopened.ok()) log_error(reopened.error().message);
             }});
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
}  // namespace yizhan::agent

int main(int argc, char** argv) {
  using namespace yizhan;
  agent::keep_memory_small();
  const DaemonArguments arguments = parse_daemon_arguments(
      argc, argv, agent::kProgram,
      "The relay's agent: takes task files, relays them, and carries out what is addressed to it.");
  if (arguments.finished) return arguments.exit_code;
  umask(077);
  const Result<int> code = agent::run(arguments.config);
  return code.ok() ? *code : report_start_failure(agent::kProgram, code.error());
}
