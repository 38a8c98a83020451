#pragma once
// The three instruction tables at work. A stored version of a message is compared with the
// data-state table and begins the presets that are for it; an activation ends the probes that
// waited for it and is compared with the activation table; a probe's timer carries out its preset.
// Each in the transaction that stored the reason, each once: (message version, rule), (activation,
// rule), (probe, turn).

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/activations.h"
#include "broker/commands.h"
#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/event.h"
#include "broker/non_matches.h"
#include "broker/sessions.h"
#include "broker/step.h"
#include "broker/wall_timer.h"
#include "config/result.h"
#include "rules/schedule.h"
#include "rules/tables.h"
#include "rules/watch.h"
#include "store/probe_store.h"
#include "store/server_store.h"

namespace yizhan::broker {

/// A command of a rule may change a state that fires another rule, this many times in a row.
inline constexpr int kMaxRuleDepth = 4;
/// Timers that one step carries out; the rest follow in the next.
inline constexpr int kDueBatch = 256;

class Instructions {
 public:
  /// Makes the link that a probe sends; empty if none are served.
  using MakeLink = Commands::MakeLink;

  Instructions(store::Db& db, store::ServerStore& store, store::ProbeStore& probes,
               Directory& directory, Delivery& delivery, Sessions& sessions, Effects& effects,
               std::string language, MakeLink make_link)
      : store_(store),
        probes_(probes),
        directory_(directory),
        make_link_(std::move(make_link)),
        commands_(db, store, probes, directory, delivery, sessions, effects, std::move(language)),
        data_misses_(db, ""),
        preset_misses_(db, kPresetRule) {}

  /// Must be called once, before anything else.
  void serve_terms(TermDesk& desk) { commands_.serve_terms(desk); }
  /// Puts `tables` in force. Probes go on with the preset of their name.
  void use(rules::Tables tables);
  /// The same for tables that were just applied: what is kept about the old ones is removed.
  Status replace(rules::Tables tables);
  const rules::Tables& tables() const { return tables_; }
  /// Reads when the next timer is due.
  Status recover();

  /// A new version of a message is stored. Failures of single commands are kept as the firing's
  /// effect, not returned; only a failing store is. True if a rule has put it into quarantine:
  /// what it says must not be believed.
  Result<bool> on_data(Step& step, Subject subject);

  /// Whether any row of the data-state table or any preset names `kind`, so that such events must
  /// be made at all.
  bool names_kind(std::string_view kind) const { return kinds_.contains(kind); }
  /// Whether a row of the data-state table or a preset is for `subject`; nothing is done.
  Result<bool> minds(const Subject& subject);

  /// Sets the data state of `subject`, because of `cause` (whoever reported it), and compares the
  /// new version.
  Status set_state(Step& step, Subject subject, const std::string& state, const std::string& cause);

  /// A program that a rule ran for a message has ended as that rule gave a state for.
  Status on_program_state(Step& step, const Effects::Verdict& verdict);

  /// Whether an activation of `state` can matter, so that it must be looked up at all.
  bool minds(std::string_view state) const;
  /// Somebody has reached `activation.state` with `subject`. The fields `expected` and `late` are
  /// filled in here; one that is known already changes nothing. True if a rule has set another
  /// state of the message.
  Result<bool> on_activation(Step& step, const Subject& subject, store::Activation activation);

  /// The same for a message that has reached the disk of `client`, who is connected from `address`.
  Status on_delivered(Step& step, store::MessageSeq message, const store::Client& client,
                      const std::string& address);

  /// Carries out what timers say is due.
  Status on_time(Step& step);
  std::optional<Steady> next_wakeup(Now now) const;

  /// What is kept of those that the data-state row, or preset, `name` did not fire on.
  Result<std::vector<store::NonMatch>> non_matches(bool preset, std::string_view name) {
    return (preset ? preset_misses_ : data_misses_).kept(name);
  }
  /// Stores what rows did not fire on. In the step's transaction, at its end.
  Status flush();

  /// An operator's word on one probe. kNotFound; kInvalid if it is over, or not paused.
  enum class Word { kCancel, kPause, kResume };
  Status tell_probe(Step& step, store::ProbeId id, Word word, const std::string& reason);

 private:
  /// What one thing has led to so far.
  struct Chain {
    int depth = 0;
    std::set<std::string> fired;  ///< rules of this chain: none fires twice
    bool aside = false;           ///< one has put the message into quarantine
  };
  /// The new version that commands have asked for.
  struct Change {
    std::string state;   ///< of set_state; empty: the state stays
    bool aside = false;  ///< it was put into quarantine
    bool flags = false;  ///< a flag is other than it was: rules look at the message again
    std::string cause;   ///< who asked last, as in the record of firings
    bool is_any() const { return flags || !state.empty(); }
  };
  /// A stored message with what a Subject borrows.
  struct Loaded {
    store::StoredMessage row;
    wire::Message envelope;
    Subject subject;
  };

  Result<std::unique_ptr<Loaded>> load(store::MessageSeq seq);
  Status compare(Step& step, Subject& subject, Chain& chain);
  Result<bool> may_fire(Step& step, const rules::Row& row, const std::string& rule,
                        const Subject& subject);
  /// What `row`, which has fired as `order`, leads to, recorded with its firing, once.
  Status fire(Step& step, const rules::Row& row, const Order& order, std::int64_t version,
              Event& event, Change* change);
  /// Carries `commands` out as `order` and does what they ask of the tables. Returns their effects;
  /// what is to become of the message is left in `change`.
  Result<std::string> carry_out(Step& step, const Order& order,
                                const std::vector<rules::Command>& commands, Event& event,
                                Change* change);
  /// Carries out the commands of `row`, or writes down that they wait for its hours.
  Result<std::string> carry_out_row(Step& step, const rules::Row& row, const Order& order,
                                    std::int64_t version, Event& event, Change* change);
  Status carry_out_deferred(Step& step, const store::DeferredRow& deferred);
  /// Makes a new version, if one was asked for, and compares it.
  Status apply(Step& step, Subject& subject, const Change& change, Chain& chain);

  Status begin_presets(Step& step, Event& event);
  Result<std::vector<store::Probe>> begin(Step& step, const rules::Row& preset, Event& event,
                                          const std::vector<store::ClientId>& clients);
  Status end(Step& step, const store::Probe& probe, store::ProbeState state,
             const std::string& reason, bool* won = nullptr);
  Status take_turn(Step& step, const store::Probe& probe);
  Status carry_out_turn(Step& step, const store::Probe& probe, const rules::Row& preset,
                        const rules::Due& due, Loaded& message);
  Result<std::string> answer_probe(Step& step, const store::Probe& probe, Event& event,
                                   const store::Activation& activation, Change* change);
  Result<rules::Zone> zone_for(const std::optional<rules::Hours>& hours, const Subject& subject,
                               store::ClientId client);
  Result<std::string> tell_escalated(Step& step, const Order& order, const store::Probe& probe,
                                     const rules::Row& preset, Event& event);

  store::ServerStore& store_;
  store::ProbeStore& probes_;
  Directory& directory_;
  MakeLink make_link_;
  Commands commands_;
  NonMatches data_misses_;
  NonMatches preset_misses_;
  rules::Tables tables_;
  std::set<std::string, std::less<>> expected_;  ///< activation states that presets wait for
  std::set<std::string, std::less<>> named_;     ///< … and that rows of [activation] name
  std::set<std::string, std::less<>> kinds_;     ///< kinds that rows and presets name
  bool any_activation_ = false;                  ///< a row of [activation] names none
  WallTimer probe_timer_;
  WallTimer hours_timer_;  ///< of rows that fired outside their hours
};

}  // namespace yizhan::broker
