#pragma once
// A translator's word that a job is delivered (docs/omegat.md): the documents are hashed, kept, and
// sent with a status `delivered` to whoever gave the task. The agent says it by nobody's order but
// a person's.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/context.h"
#include "agent/control_json.h"
#include "agent/projects.h"
#include "config/result.h"

namespace yizhan::agent {

/// Files of one delivery; each is copied in the step that sends it.
inline constexpr std::size_t kMaxDeliveredFiles = 200;

class Deliveries {
 public:
  /// Both outlive it.
  Deliveries(Context& context, Projects& projects) : context_(context), projects_(projects) {}

  struct Order {
    std::string what;                ///< name or folder of a task's project, or the task's UUID
    std::vector<std::string> files;  ///< absolute paths; none: the documents of the project
    bool partial = false;            ///< even if segments are left untranslated
  };

  /// Sends it. kInvalid, kNotFound or kLimit, with nothing changed: why it cannot be delivered, and
  /// what to do; other errors are the store's. The same documents again are answered and not sent.
  Result<Json> deliver(const Order& order);

 private:
  /// What is to be sent: under which name, from where, and where it lay below target/.
  struct File {
    std::string name;
    std::string path;
    std::string place;
    const char* role = "target";
    Sha256 sha256{};
    std::uint64_t size = 0;
  };
  /// The task and what is known of it.
  struct Job {
    store::Incoming row;
    wire::Message task;
    wire::Body body;
    std::optional<Projects::View> project;
  };

  Result<Job> find(const std::string& what) const;
  Status may_be_delivered(const Job& job) const;
  Result<std::vector<File>> documents(const Job& job) const;
  Result<std::vector<File>> named(const std::vector<std::string>& paths) const;
  Status keep(std::vector<File>& files);
  Result<wire::Message> message_of(const Job& job, const std::vector<File>& files,
                                   const MessageId& id) const;

  Context& context_;
  Projects& projects_;
};

}  // namespace yizhan::agent
