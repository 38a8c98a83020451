#pragma once
// The agent as one deterministic machine. It takes a batch of inputs and the time, commits what
// must survive in one transaction, and returns what the shell must say and start. No socket, clock,
// thread or environment in here: the shell (loop.cpp) has those, and so has the simulator
// (tests/sim).
//
// Persist, speak, tidy: outputs are returned only after the commit, and all of them may be lost; a
// later step makes them again from the store. Files are moved on last, because somebody waits for
// the words and nobody for the files. Start-up is recovery.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "config/runner.h"
#include "config/log.h"
#include "config/options.h"
#include "config/result.h"
#include "config/time.h"
#include "store/client_store.h"
#include "store/db.h"
#include "store/disk.h"

namespace yizhan::agent {

// ---- inputs

/// The encrypted connection to the broker stands; nothing has been said yet.
struct LinkUp {};
/// The connection is gone or could not be made; `reason` is for people and the verdict.
struct LinkDown {
  std::string reason;
  bool handshake_refused = false;  ///< the broker's key or ours was not accepted
  bool no_network = false;         ///< this machine has no way to the broker; `reason` says why
};
struct FrameFromBroker {
  std::string bytes;
};
/// Something may have changed in a watched folder: look at it (`name`), or at all of it (empty).
/// Only a hint: a rescan finds everything without any.
struct FolderHint {
  std::string watch;  ///< WatchOptions::name, or "spool"
  std::string name;
};
struct HandlerExited {
  Exit exit;
};
/// A question of a person (CLI) on the control socket; `asker` is where the replies go.
struct ControlRequest {
  std::string asker;
  std::string bytes;  ///< a serialised wire::Request
};
struct AskerGone {
  std::string asker;
};
using Input = std::variant<LinkUp, LinkDown, FrameFromBroker, FolderHint, HandlerExited,
                           ControlRequest, AskerGone>;

// ---- outputs

struct FrameToBroker {
  std::string bytes;
};
/// Drop the connection and make a new one, after `delay`.
struct Reconnect {
  Micros delay{};
  std::string reason;
};
struct StartHandler {
  RunId run = 0;
  Command command;
};
struct ControlReply {
  std::string asker;
  std::string bytes;  ///< a serialised wire::Reply
};
/// Hint at changes in this folder from now on (FolderHint::watch is `name`).
struct WatchFolder {
  std::string name;
  std::string path;
};
using yizhan::LogLine;
using Output = std::variant<FrameToBroker, Reconnect, StartHandler, ControlReply, WatchFolder,
                            LogLine>;

/// What this machine is, for the broker's records. Attributes only; the key is the identity.
struct Machine {
  std::string host;
  std::vector<std::string> mac;
  PublicKey key;
  // Of the account that the agent runs as; told to local programs, never to the broker.
  std::string account;
  std::string home;
  std::string time_zone;  ///< its name in the tz database; empty: not known
};

class Core {
 public:
  /// Opens the store and recovers: claimed files are finished, started handlers become
  /// `interrupted`, the outbox is due again. `seed` feeds jitter and new ids; nothing else is
  /// random. The referenced objects outlive the core.
  static Result<std::unique_ptr<Core>> open(const AgentOptions& options, const Machine& machine,
                                            store::Db& db, store::Disk& disk, std::uint64_t seed,
                                            Now now);
  virtual ~Core() = default;

  /// Applies `inputs` in order at time `now`. Fails only if the store or the disk under it fails:
  /// the core is then unusable, nothing of the step was said, and a new one recovers.
  virtual Result<std::vector<Output>> step(const std::vector<Input>& inputs, Now now) = 0;

  /// Moves and writes the files that the last step settled (`.accepted`, `sent/`, …): to be called
  /// once its outputs have been performed; the next step does it otherwise. What a crash prevents
  /// is done by the next start. Failures are logged by the next step, and tried again later.
  virtual void tidy() = 0;

  /// When step({}) has work next. Never at or before the last step's time unless work is ready
  /// now; Steady::max() if only an input can bring any.
  virtual Steady next_wakeup() const = 0;

  /// True while the core would rather be called again at once than wait (a bounded step left work).
  virtual bool has_more() const = 0;
};

}  // namespace yizhan::agent
