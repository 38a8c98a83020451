#pragma once
// Carries out the commands of rules (rules/commands.h) on one message, inside the step's
// transaction. What a command asks of the tables themselves (a new state, a probe) is returned: the
// caller owns those.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/audit.h"
#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/effects.h"
#include "broker/event.h"
#include "broker/notices.h"
#include "broker/sessions.h"
#include "broker/step.h"
#include "config/result.h"
#include "rules/tables.h"
#include "store/probe_store.h"
#include "store/server_store.h"
#include "store/sync_server_store.h"

namespace yizhan::broker {

/// What came of one command.
struct Outcome {
  std::string effect;     ///< for trace and why: "send role:terminologist: 2 clients"
  std::string new_state;  ///< of set_state; empty: none
  bool aside = false;     ///< the message was put into quarantine
  bool changed = false;   ///< a flag is other than it was: rules look at the message again
  struct Begin {
    std::string preset;
    std::vector<store::ClientId> clients;  ///< each is to be watched
  };
  std::optional<Begin> begin;
  std::optional<std::string> cancel;  ///< preset whose probes end; "" for all of the message
};

/// Who knows terms: the commands about them are his (broker/terms.h). What cannot be done has that
/// as its answer: kInvalid.
class TermDesk {
 public:
  virtual ~TermDesk() = default;
  virtual Result<std::string> upsert(Step& step, const Subject& subject) = 0;
  virtual Result<std::string> find_affected(Step& step, const Subject& subject,
                                            const Order& order) = 0;
  /// Tells whoever asked the question `subject` what was answered to an equal one.
  virtual Result<std::string> answer_if_known(Step& step, const Subject& subject,
                                              const Order& order) = 0;
  /// Gives those of `with` who have got the task `subject` a right to its project.
  virtual Result<std::string> share_project(Step& step, const Subject& subject,
                                            const std::vector<store::ClientId>& with,
                                            store::Access access) = 0;
};

class Commands {
 public:
  /// The link for `probe` and `client`; empty if links are not served.
  using MakeLink = std::function<std::string(store::ProbeId, store::ClientId)>;

  Commands(store::Db& db, store::ServerStore& store, store::ProbeStore& probes,
           Directory& directory, Delivery& delivery, Sessions& sessions, Effects& effects,
           std::string language)
      : audit_(db),
        store_(store),
        probes_(probes),
        directory_(directory),
        delivery_(delivery),
        sessions_(sessions),
        effects_(effects),
        language_(std::move(language)) {}

  /// Must be called once, before any command.
  void serve_terms(TermDesk& desk) { terms_ = &desk; }
  /// The table whose templates are used; outlives its use.
  void use(const rules::Tables& tables) { tables_ = &tables; }

  /// Does what `command` says about `event`'s subject. A command that cannot be carried out (nobody
  /// has the role, a value that adds a recipient) has that as its effect; only a failing store is
  /// an error.
  Result<Outcome> carry_out(Step& step, const Order& order, const rules::Command& command,
                            Event& event);

  /// Tells `client` the link of a probe that has begun for it.
  Status send_link(Step& step, const Order& order, const rules::Command& command, Event& event,
                   store::ClientId client, const std::string& link);

 private:
  struct Call;
  using Answer = Result<std::string>;  ///< the effect
  struct Row;
  static const std::vector<Row>& table();

  Answer send(Call& call);
  Answer notify(Call& call);
  Answer escalate(Call& call);
  Answer recall(Call& call);
  Answer resend(Call& call);
  Answer probe(Call& call);
  Answer cancel_probe(Call& call);
  Answer command(Call& call);
  Answer set_state(Call& call);
  Answer set_flag(Call& call);
  Answer quarantine(Call& call);
  Answer purge(Call& call);
  Answer outside(Call& call);
  Answer history(Call& call);
  Answer share_project(Call& call);

  Answer say(Call& call, const std::string& recipient, std::string event,
             const std::string& text = "");
  Answer queue(Call& call, store::MessageSeq seq, const MessageId& id,
               const Directory::Resolved& to, const std::string& recipient);
  Result<const Directory::Resolved*> resolve(Call& call, const std::string& recipient);
  Result<std::string> value(Call& call, const std::string& key);
  Status write_texts(Call& call, Notice* notice);
  Status expire(Call& call, store::Delivery delivery, const std::string& reason);
  Status withdraw(Call& call, const std::string& reason, int* waiting);
  Status end_recalled(Call& call, const std::vector<store::ClientId>& told);
  Status drop_reminders(Call& call);

  Audit audit_;
  store::ServerStore& store_;
  store::ProbeStore& probes_;
  Directory& directory_;
  Delivery& delivery_;
  Sessions& sessions_;
  Effects& effects_;
  const std::string language_;
  const rules::Tables* tables_ = nullptr;
  TermDesk* terms_ = nullptr;
};

}  // namespace yizhan::broker
