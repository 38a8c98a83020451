#pragma once
// What rules order outside the database: programs named in the broker's own configuration, and web
// hooks. Each is written down in the transaction that fired the rule, and carried out at least
// once: every attempt is counted before it begins, and an attempt of which nothing was heard is
// made again. The effect's number goes with it, so that the other side can tell a repeat.

#include <optional>
#include <set>
#include <string>

#include "broker/audit.h"
#include "broker/step.h"
#include "broker/wall_timer.h"
#include "config/options.h"
#include "config/result.h"
#include "store/probe_store.h"

namespace yizhan::broker {

inline constexpr int kMaxEffectAttempts = 10;  ///< then it is dead
inline constexpr int kEffectsAtOnce = 16;      ///< attempts that run side by side
inline constexpr Micros kEffectTimeout = std::chrono::seconds(30);
inline constexpr Micros kFirstEffectPause = std::chrono::seconds(2);  ///< doubled each time …
inline constexpr Micros kLongestEffectPause = std::chrono::hours(1);  ///< … up to this
inline constexpr std::size_t kEffectResultBytes = 4096;               ///< kept of what came back

class Effects {
 public:
  /// The referenced objects outlive this.
  Effects(store::ProbeStore& probes, const BrokerOptions& options, Audit& audit)
      : probes_(probes), options_(options), audit_(audit) {}

  /// Reads when the next attempt is due. Attempts of an earlier process count as unanswered.
  Status recover();

  /// Writes `effect` down; its first attempt follows with this step's outputs.
  Result<store::EffectId> order(const store::Effect& effect);

  /// The state that a program's end gives its message.
  struct Verdict {
    store::EffectId effect = 0;
    store::MessageSeq message = 0;
    std::int64_t version = 0;  ///< of the message, when the rule fired
    std::string rule;
    std::string state;
  };
  /// What the program's end means for its message, if its rule says so (`ok=`, `failed=`): the
  /// caller owns the states.
  Result<std::optional<Verdict>> on_program(Step& step, const ProgramEnded& ended);
  Status on_webhook(Step& step, const WebhookEnded& ended);

  /// Begins the attempts that are due, as far as kEffectsAtOnce lets.
  Status on_time(Step& step);
  std::optional<Steady> next_wakeup(Now now) const;

 private:
  /// Why it cannot be tried at all; empty if it was begun.
  std::string begin(Step& step, const store::Effect& effect);
  Result<std::optional<store::Effect>> heard_of(store::EffectId id);
  /// Notes how an attempt at `effect` has ended, and whether it was the last.
  Status settle(Step& step, store::Effect* effect, bool done, const std::string& result);
  Status end(Step& step, store::EffectState state, store::Effect* effect);

  store::ProbeStore& probes_;
  const BrokerOptions& options_;
  Audit& audit_;
  std::set<store::EffectId> running_;
  WallTimer timer_;
};

}  // namespace yizhan::broker
