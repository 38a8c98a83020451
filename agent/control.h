#pragma once
// Questions of people on the control socket. Each verb is one row of a table: arguments as a JSON
// object in, a JSON object out. What only the broker can answer is asked there, with a deadline.
//
//   status                                  the agent at a glance
//   tasks.list {limit, direction}           newest first; direction: "out", "in" or "both"
//   tasks.show {id}                         one message with its text
//   trace {id}                              what happened to it, here and at the broker
//   events                                  every change as it happens, until the asker goes
//   ping {address}                          round trip to the broker, or through it to an agent
//   ledger                                  the counters, and whether they add up
//   dead.list {limit} · dead.show {id} · dead.retry {id} · dead.drop {id}
//   report {id, event, reason}              event: "opened", "accepted", "declined" or "done"; of a
//                                           task of ours: "approved", "closed" or "rework"
//   deliver {what, files, partial}          a job, by its project or task (agent/deliveries.h)
//   rescan {watch}                          look at this folder now, without `watch` at all of them

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "agent/context.h"
#include "agent/control_json.h"
#include "agent/deliveries.h"
#include "agent/handlers.h"
#include "agent/history_verbs.h"
#include "agent/intake.h"
#include "agent/link.h"
#include "agent/outbox.h"
#include "config/result.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

class Control {
 public:
  Control(Context& context, Link& link, Intake& intake, Outbox& outbox, Handlers& handlers,
          HistoryVerbs& history, Deliveries& deliveries)
      : context_(context),
        link_(link),
        intake_(intake),
        outbox_(outbox),
        handlers_(handlers),
        history_(history),
        deliveries_(deliveries) {}

  /// Fails only if the store does; whatever is wrong with a request is answered.
  Status on_request(const ControlRequest& request);
  void on_gone(const std::string& asker);

  /// The broker's answer to a question that was passed on.
  void on_reply(const wire::Reply& reply);
  void on_pong(const wire::Pong& pong);

  /// Gives up on answers that do not come; all of them when the session is lost.
  void tick(bool session_lost);
  Steady next_wakeup() const;

 private:
  struct Asked {
    std::string asker;
    std::uint64_t ref = 0;
    Json args;
  };
  /// A question that waits for the broker.
  struct Passed {
    Asked asked;
    Json own;  ///< of trace: our part of the answer
    bool trace = false;
    Steady deadline{};
  };
  struct Ping {
    Asked asked;
    std::uint64_t number = 0;
    Steady sent{};
    Steady deadline{};
  };
  using Verb = Status (Control::*)(const Asked& asked);
  struct Row {
    const char* name;
    Verb verb;
  };
  static const Row kVerbs[];

  Status status(const Asked& asked);
  Status tasks_list(const Asked& asked);
  Status tasks_show(const Asked& asked);
  Status trace(const Asked& asked);
  Status events(const Asked& asked);
  Status ping(const Asked& asked);
  Status ledger(const Asked& asked);
  Status dead_list(const Asked& asked);
  Status dead_retry(const Asked& asked);
  Status dead_drop(const Asked& asked);
  Status report(const Asked& asked);
  Status report_on_ours(const Asked& asked, const MessageId& id, const std::string& word);
  Status deliver(const Asked& asked);
  Status rescan(const Asked& asked);
  Status history(const std::string& verb, const Asked& asked);
  Status answer_or_refuse(const Asked& asked, const Result<Json>& json);

  Status change_dead(const Asked& asked, Status (Outbox::*change)(const MessageId&));
  Status say(const Asked& asked, store::Incoming row, const std::string& event,
             const std::string& reason);
  void pass_on(const std::string& verb, Passed passed);
  void give_up(const Passed& passed, const std::string& why);

  void answer(const Asked& asked, const Json& json);
  void refuse(const Asked& asked, const Error& error);
  std::optional<MessageId> id_of(const Asked& asked);

  Context& context_;
  Link& link_;
  Intake& intake_;
  Outbox& outbox_;
  Handlers& handlers_;
  HistoryVerbs& history_;
  Deliveries& deliveries_;
  std::uint64_t last_ref_ = 0;
  std::map<std::uint64_t, Passed> passed_;
  std::deque<Ping> pings_;
};

}  // namespace yizhan::agent
