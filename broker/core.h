#pragma once
// The broker as one deterministic machine. It takes a batch of inputs and the time, commits what
// must survive in one transaction (group commit), and returns the frames to send. No socket, clock,
// thread or randomness of its own in here: the shell (loop.cpp) has those, and so has the
// simulator.
//
// Persist, then speak: frames are returned only after the commit, and all of them may be lost; the
// other side repeats, or a later step makes them again from the store. Start-up is recovery.

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "broker/http.h"
#include "broker/probe_link.h"
#include "config/ids.h"
#include "config/log.h"
#include "config/options.h"
#include "config/result.h"
#include "config/runner.h"
#include "config/time.h"
#include "store/blobs.h"
#include "store/db.h"
#include "store/probe_store.h"

namespace yizhan::rules {
struct RuleFile;
}

namespace yizhan::broker {

/// One connection, as ROUTER names it. Never an identity: that is the key.
using PeerId = std::string;

// ---- inputs

/// A frame of `peer`. `key` is what CURVE authenticated (User-Id), `address` the other side's IP.
struct FrameIn {
  PeerId peer;
  PublicKey key;
  std::string address;
  std::string bytes;
};
/// A program that a rule ordered has ended.
struct ProgramEnded {
  store::EffectId effect = 0;
  Exit exit;
};
/// A web hook was answered, or could not be sent.
struct WebhookEnded {
  store::EffectId effect = 0;
  int status = 0;     ///< of HTTP; 0: no answer
  std::string error;  ///< why there is none
  std::string body;   ///< the beginning of the answer
};
using Input = std::variant<FrameIn, HttpRequest, ProgramEnded, WebhookEnded>;

// ---- outputs

struct FrameOut {
  PeerId peer;
  std::string bytes;
};
using yizhan::LogLine;
struct StartProgram {
  store::EffectId effect = 0;
  Command command;
};
/// An HTTP POST. `effect` is also its idempotency key: the same order may be sent again.
struct SendWebhook {
  store::EffectId effect = 0;
  std::string url;
  std::string secret;  ///< signs the body; empty: unsigned
  std::string body;    ///< JSON
  Micros timeout{};
};
using Output = std::variant<FrameOut, HttpResponse, LogLine, StartProgram, SendWebhook>;

class Core {
 public:
  /// Opens the store (schema, rules of the database or, in a new one, `initial_rules`) and starts
  /// with no session: every agent says Hello again. `admin` is the operator's key, `links` signs
  /// probe links. kInvalid when
  /// `initial_rules` has errors, all of them in the message. The referenced objects outlive the
  /// core.
  static Result<std::unique_ptr<Core>> open(const BrokerOptions& options, const PublicKey& admin,
                                            const LinkKey& links, store::Db& db, store::Disk& disk,
                                            const std::vector<rules::RuleFile>& initial_rules,
                                            Now now);
  virtual ~Core() = default;

  /// Applies `inputs` in order at time `now`. Fails only if the store fails: the core is then
  /// unusable, nothing of the step was said, and a new one recovers.
  virtual Result<std::vector<Output>> step(const std::vector<Input>& inputs, Now now) = 0;

  /// When step({}) has work next; never at or before the last step's time unless work is ready.
  virtual Steady next_wakeup() const = 0;

  /// How long the shell took for a step: told to agents, who tell "busy" from "away".
  virtual void note_step_cost(Micros cost) = 0;
};

}  // namespace yizhan::broker
