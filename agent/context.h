#pragma once
// What the parts of the agent's core share: the seams, the time of the step, its one transaction,
// what is to be said after the commit, and who listens to events. No policy.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "agent/core.h"
#include "agent/project_place.h"
#include "agent/random.h"
#include "config/ids.h"
#include "config/options.h"
#include "config/printable.h"
#include "config/result.h"
#include "config/time.h"
#include "store/blobs.h"
#include "store/client_store.h"
#include "store/db.h"
#include "store/disk.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

/// Further facts of an event: name and value, in the order in which they are shown.
using Details = std::vector<std::pair<std::string, std::string>>;

/// A name, path or reason of others in a line of ours.
inline std::string shown(std::string_view text) {
  return printable(text, 300);
}

class Context {
 public:
  /// The referenced objects outlive the context.
  Context(const AgentOptions& agent_options, const Machine& this_machine, store::Db& database,
          store::Disk& files, store::ClientStore client_store, store::Blobs blob_store,
          std::uint64_t seed);

  const AgentOptions& options;
  const Machine& machine;
  store::ClientStore store;
  store::Disk& disk;
  store::Blobs blobs;
  Random random;
  const std::string user_address;  ///< "user:li.wei"
  const std::string unique_code;   ///< "K7QF-2M9X-0ABC-4TVW"
  Now now{};                       ///< of the step that runs
  bool queued = false;  ///< a message was put into the outbox; the outbox takes note and clears it

  bool changed_history = false;  ///< somebody wrote history data here; likewise

  // What the inbox brought in this step for the followed projects, which take it.
  std::vector<wire::Message> replies;
  std::vector<ProjectPlace> made_projects;
  std::vector<wire::Message> orders;  ///< agent/project_orders.h

  /// The client database, for those who keep history data in it.
  store::Db& database() { return db_; }

  std::int64_t wall_us() const { return to_micros(now.wall); }

  /// True if `address`, as people write it, means this agent's user or key.
  bool is_me(std::string_view address) const;

  /// To be called before anything is written to the store: begins the step's transaction if it has
  /// not begun, so that a step that changes nothing costs no commit.
  Status begin_write();
  /// Ends the step's transaction, if one has begun. Success means: on stable storage.
  Status commit();

  // -- files, once the step is committed
  /// With `result`, only once the text of that path is written: who looks for the file at `from`
  /// after a crash then says the result again.
  struct Move {
    std::string from;
    std::string to;
    std::string result = {};
  };
  struct Text {
    std::string path;
    std::string text;
  };
  /// Of a file; with `folder`, of a folder with the files in it, unless the file `unless` is there.
  struct Removal {
    std::string path;
    bool folder = false;
    std::string unless = {};
  };
  using FileWork = std::variant<Move, Text, Removal>;
  void after_commit(FileWork work) { file_work_.push_back(std::move(work)); }
  /// Does what after_commit() collected. What fails is logged, and kept for retry_file_work().
  void do_file_work();
  void retry_file_work();

  // -- what is said after the commit
  void send(const wire::FromAgent& frame);
  void say(Output output) { outputs_.push_back(std::move(output)); }
  void info(std::string text) { say(LogLine{LogLine::kInfo, std::move(text)}); }
  void warn(std::string text) { say(LogLine{LogLine::kWarning, std::move(text)}); }
  void reply(const std::string& asker, const wire::Reply& reply);
  std::vector<Output> take_outputs() { return std::exchange(outputs_, {}); }

  // -- events, for whoever follows `yizhan events`
  void listen(const std::string& asker, std::uint64_t ref) { listeners_[asker] = ref; }
  void stop_listening(const std::string& asker) { listeners_.erase(asker); }
  /// Tells every listener that `what` ("queued", "stored", "started", …) happened. `id` is the
  /// message's, or null if the event is about none.
  void event(std::string_view what, const MessageId* id, const Details& details = {});

 private:
  Status perform(const FileWork& work);
  bool is_unwritten(const std::string& path) const;

  store::Db& db_;
  std::optional<store::Transaction> transaction_;
  std::vector<FileWork> file_work_;
  std::vector<FileWork> failed_file_work_;
  std::vector<Output> outputs_;
  std::map<std::string, std::uint64_t> listeners_;
};

/// Removes the files of `folder` and then the folder; fine if it is not there. Sub-folders are
/// left, and make it fail.
Status remove_folder(store::Disk& disk, const std::string& folder);

}  // namespace yizhan::agent
