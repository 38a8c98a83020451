#pragma once
// What people ask the broker through the CLI: one table of verbs, each with who may use it.
// Default deny: a verb without a row does not exist, a row without kClient is the operator's.
// Arguments and answers are JSON objects; docs/protocol.md lists them.

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "broker/audit.h"
#include "broker/directory.h"
#include "broker/history.h"
#include "broker/instructions.h"
#include "broker/mailboxes.h"
#include "broker/past_event.h"
#include "broker/sessions.h"
#include "broker/step.h"
#include "store/server_store.h"
#include "wire/session.pb.h"

namespace yizhan::broker {

/// Who asks: the operator (admin key) or an accepted client.
struct Asker {
  PeerId peer;
  bool admin = false;
  store::ClientId client = 0;  ///< 0 for the operator
};

/// The text under `key`; without it `missing`, or kInvalid if there is no such default either.
Result<std::string> text_argument(const nlohmann::json& arguments, const char* key,
                                  std::optional<std::string> missing = std::nullopt);

/// The number under `key`, as a number or as its digits; empty if it is not there. kInvalid for
/// anything else.
Result<std::optional<std::int64_t>> number_argument(const nlohmann::json& arguments,
                                                    const char* key);

class Verbs {
 public:
  Verbs(store::ServerStore& store, store::ProbeStore& probes, Sessions& sessions,
        Directory& directory, Mailboxes& mailboxes, Instructions& instructions, History& history,
        Audit& audit)
      : store_(&store),
        probes_(&probes),
        sessions_(&sessions),
        directory_(&directory),
        mailboxes_(&mailboxes),
        instructions_(&instructions),
        history_(&history),
        audit_(&audit) {}

  /// Answers `request` with one Reply (for `events`: the first of many). What it does to the store
  /// is noted in the audit log, in the step's transaction.
  Status on_request(Step& step, const Asker& asker, const wire::Request& request);

  /// True if `verb` changes the store, so that the step needs a transaction.
  static bool writes(const std::string& verb);

  /// Tells everybody who asked for `events`.
  void publish(Step& step, const Happening& happening);
  bool anyone_listens() const { return !listeners_.empty(); }
  void forget_peer(const PeerId& peer) { listeners_.erase(peer); }

 private:
  using Json = nlohmann::json;
  using Answer = Result<Json>;
  struct Row;
  static const std::map<std::string, Row>& table();

  // Each takes the arguments and gives the answer. kInvalid: bad arguments; kNotFound; kDenied.
  Answer status(Step&, const Asker&, const Json&);
  Answer clients_list(Step&, const Asker&, const Json&);
  Answer clients_show(Step&, const Asker&, const Json&);
  Answer clients_accept(Step&, const Asker&, const Json&);
  Answer clients_reject(Step&, const Asker&, const Json&);
  Answer clients_revoke(Step&, const Asker&, const Json&);
  Answer clients_set(Step&, const Asker&, const Json&);
  Answer tasks_list(Step&, const Asker&, const Json&);
  Answer trace(Step&, const Asker&, const Json&);
  Answer dead_list(Step&, const Asker&, const Json&);
  Answer dead_retry(Step&, const Asker&, const Json&);
  Answer dead_drop(Step&, const Asker&, const Json&);
  Answer ledger(Step&, const Asker&, const Json&);
  Answer ping(Step&, const Asker&, const Json&);
  Answer rules_show(Step&, const Asker&, const Json&);
  Answer rules_list(Step&, const Asker&, const Json&);
  Answer rules_history(Step&, const Asker&, const Json&);
  Answer rules_apply(Step&, const Asker&, const Json&);
  Answer rules_rollback(Step&, const Asker&, const Json&);
  Answer rules_test(Step&, const Asker&, const Json&);
  Answer rules_diff(Step&, const Asker&, const Json&);
  Answer rules_simulate(Step&, const Asker&, const Json&);
  Answer why(Step&, const Asker&, const Json&);
  Answer why_not(Step&, const Asker&, const Json&);
  Answer templates_list(Step&, const Asker&, const Json&);
  Answer probes_list(Step&, const Asker&, const Json&);
  Answer probes_show(Step&, const Asker&, const Json&);
  Answer probes_cancel(Step&, const Asker&, const Json&);
  Answer probes_pause(Step&, const Asker&, const Json&);
  Answer probes_resume(Step&, const Asker&, const Json&);
  Answer slices_list(Step&, const Asker&, const Json&);
  Answer slices_allow(Step&, const Asker&, const Json&);
  Answer audit_list(Step&, const Asker&, const Json&);
  Answer audit_verify(Step&, const Asker&, const Json&);
  Answer events(Step&, const Asker&, const Json&);

  Json describe(Step& step, const store::Client& client) const;
  Answer put_in_force(Step& step, const std::string& text, const std::string& file,
                      const std::string& author);
  Result<const rules::Tables*> tables_of(const Json& arguments, std::optional<rules::Tables>* own);
  Result<std::unique_ptr<PastEvent>> event_of(const Json& arguments, Instant now);
  Answer describe(const store::Probe& probe);
  Answer tell_probe(Step& step, const Json& arguments, Instructions::Word word);
  Result<store::Client> named_client(const Json& arguments);
  Answer set_client_state(Step& step, const Json& arguments, store::ClientState state);
  Result<store::StoredMessage> named_message(const Json& arguments);
  Answer finish_dead(Step& step, const Json& arguments, bool retry);
  Status note_act(Step& step, const Asker& asker, const std::string& verb, const Json& arguments,
                  const Json& answer);
  void reply(Step& step, const PeerId& peer, std::uint64_t ref, const Answer& answer, bool more);

  store::ServerStore* store_;
  store::ProbeStore* probes_;
  Sessions* sessions_;
  Directory* directory_;
  Mailboxes* mailboxes_;
  Instructions* instructions_;
  History* history_;
  Audit* audit_;
  std::map<PeerId, std::uint64_t> listeners_;  // to the ref of their `events` request
};

}  // namespace yizhan::broker
