#pragma once
// Who may speak: the first frame of a connection, judged by its key. The key is the identity; what
// the agent says of itself (user, host, MAC) are attributes.

#include "broker/audit.h"
#include "broker/directory.h"
#include "broker/sessions.h"
#include "broker/step.h"
#include "config/options.h"
#include "store/server_store.h"
#include "wire/session.pb.h"

namespace yizhan::broker {

class Enrolment {
 public:
  Enrolment(const BrokerOptions& options, store::ServerStore& store, Directory& directory,
            Sessions& sessions, Audit& audit)
      : options_(&options),
        store_(&store),
        directory_(&directory),
        sessions_(&sessions),
        audit_(&audit) {}

  /// Answers Welcome, and a session stands; or Refused with the reason, and none does. An unknown
  /// key becomes a client: accepted at once by `enroll = auto` from a loopback address or by a
  /// valid token, which the audit log tells, else pending.
  Status on_hello(Step& step, const FrameIn& from, const wire::Hello& hello);

 private:
  Result<store::Client> enrol(Step& step, const FrameIn& from, const wire::Hello& hello);
  Status refuse(Step& step, const FrameIn& from, wire::Refused::Reason reason, std::string text);
  Status welcome(Step& step, const FrameIn& from, const wire::Hello& hello,
                 const store::Client& client);

  const BrokerOptions* options_;
  store::ServerStore* store_;
  Directory* directory_;
  Sessions* sessions_;
  Audit* audit_;
};

}  // namespace yizhan::broker
