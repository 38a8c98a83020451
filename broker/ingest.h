#pragma once
// Messages in: checks what an agent pushes, stamps the true sender, stores it once for ever,
// queues it for its recipients, and lets the rules see it. All in the step's transaction; the
// agent is answered after the commit.

#include <string>
#include <vector>

#include "broker/audit.h"
#include "broker/collaboration.h"
#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/instructions.h"
#include "broker/mailboxes.h"
#include "broker/sessions.h"
#include "broker/step.h"
#include "config/options.h"
#include "store/blobs.h"
#include "store/probe_store.h"
#include "store/server_store.h"
#include "wire/session.pb.h"

namespace yizhan::broker {

class Ingest {
 public:
  Ingest(const BrokerOptions& options, store::ServerStore& store, store::ProbeStore& probes,
         store::Blobs& blobs, Directory& directory, Mailboxes& mailboxes, Delivery& delivery,
         Instructions& instructions, Collaboration& collaboration, Audit& audit)
      : options_(&options),
        store_(&store),
        probes_(&probes),
        blobs_(&blobs),
        directory_(&directory),
        mailboxes_(&mailboxes),
        delivery_(&delivery),
        instructions_(&instructions),
        collaboration_(&collaboration),
        audit_(&audit) {}

  /// Takes every message of `push` and sends one PushResult.
  Status on_push(Step& step, const Session& session, wire::Push& push);

 private:
  using One = wire::PushResult::One;
  Status take(Step& step, const Session& session, const store::Client& sender,
              wire::Message& message, One* answer);
  /// Empty if `sender` may send `message`; else why not.
  std::string refusal(Step& step, const store::Client& sender, const wire::Message& message) const;
  /// Finds everybody the message is for; else the reason why it is for nobody.
  Result<std::string> resolve(const store::Client& sender, const wire::Message& message,
                              const Directory::Resolved** recipients);
  /// Whether anybody's mailbox can take it. A message that some can and some cannot is stored, and
  /// parked for those: one full mailbox does not keep the others waiting.
  Result<bool> has_room(Step& step, const MessageId& id, const Directory::Resolved& recipients);
  /// If a message of this id was stored before, says in `answer` what came of it.
  Result<bool> answer_known(const MessageId& id, const ContentHash& hash, One* answer);
  Status store_message(Step& step, const Session& session, const store::Client& sender,
                       wire::Message& message, const ContentHash& hash,
                       const Directory::Resolved& recipients, One* answer);
  /// A word of whoever gave a task on how it ends: approved, closed, rework. True if it is one.
  Result<bool> judge_job(Step& step, const store::Client& sender, const wire::Message& report,
                         const std::string& body, const Directory::Resolved& recipients);
  /// Keeps who must read `guidance`, if it must be followed.
  Status note_guidance(const store::StoredMessage& guidance, const Directory::Resolved& recipients);
  /// What a report or reply does to the message that it is about.
  Status apply_report(Step& step, const Session& session, const store::Client& sender,
                      const wire::Message& report, const std::string& body);
  /// `sender` has reached `state` with `subject`. True if a rule has made a new version of it.
  Result<bool> activate(Step& step, const Session& session, const store::Client& sender,
                        const Subject& subject, const std::string& state, std::int64_t at_us);

  const BrokerOptions* options_;
  store::ServerStore* store_;
  store::ProbeStore* probes_;
  store::Blobs* blobs_;
  Directory* directory_;
  Mailboxes* mailboxes_;
  Delivery* delivery_;
  Instructions* instructions_;
  Collaboration* collaboration_;
  Audit* audit_;
};

}  // namespace yizhan::broker
