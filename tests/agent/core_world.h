#pragma once
// One agent core with a disk in memory, a real SQLite database, a clock that a test turns, and a
// broker that says what the test makes it say.

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/core.h"
#include "store/client_store.h"
#include "store/db.h"
#include "tests/store/virtual_disk.h"
#include "wire/message.pb.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

using namespace std::chrono_literals;

/// Counts transactions, and ends the process before or after the next commit.
class WatchedDb final : public store::Db {
 public:
  enum class Death { kNone, kBeforeCommit, kAfterCommit };

  explicit WatchedDb(std::unique_ptr<store::Db> inner) : inner_(std::move(inner)) {}
  int commits = 0;
  Death death = Death::kNone;

  store::Dialect dialect() const override { return inner_->dialect(); }
  Result<store::Statement*> prepare(std::string_view sql) override { return inner_->prepare(sql); }
  Status execute(const std::string& sql) override { return inner_->execute(sql); }
  Status begin() override { return inner_->begin(); }
  Status commit() override;
  void rollback() override { inner_->rollback(); }
  std::int64_t changes() override { return inner_->changes(); }
  std::int64_t last_insert_id() override { return inner_->last_insert_id(); }

 private:
  std::unique_ptr<store::Db> inner_;
};

/// A task to user:li.wei; `envelope` are further lines of [yizhan], `rest` further sections.
std::string task_text(const std::string& id, const std::string& envelope = "",
                      const std::string& rest = "", const std::string& end = "[end]\n");

/// "00000000-0000-7000-8000-00000000000N": an id that a test can name.
std::string id_text(int number);
MessageId id(int number);

/// A checked message as the broker delivers it.
wire::Message message_from(const std::string& sender, const std::string& text);

class AgentWorld {
 public:
  AgentWorld();

  AgentOptions options;
  Machine machine;
  store::VirtualDisk disk;
  WatchedDb db;
  Now now;
  std::unique_ptr<Core> core;

  // -- the process
  void start();  ///< opens the core; again: after a crash
  /// One step, and more while the core has more to do; everything it says is collected below.
  void step(const std::vector<Input>& inputs = {});
  /// Sleeps until the core wants to be woken, or `time` is over, and again.
  void pass(Micros time);
  bool step_fails(const std::vector<Input>& inputs);

  // -- what it said since the last clear()
  std::vector<wire::FromAgent> sent;
  std::vector<Reconnect> reconnects;
  std::vector<StartHandler> started;
  std::vector<wire::Reply> replies;
  std::string log;
  std::string watched;  ///< names of folders that it asked to be watched
  int steps = 0;
  void clear();
  /// The kinds of the frames: "hello push ping".
  std::string said() const;
  /// All messages in Push frames.
  std::vector<wire::Message> pushed() const;
  std::string delivery_answers() const;  ///< "1:DELIVERED 2:HELD"

  // -- the broker
  void connect();  ///< link up, hello, welcome
  void frame(const wire::FromBroker& frame);
  void answer_pushes(wire::PushResult::One::Outcome outcome, const std::string& reason = "",
                     std::uint32_t recipients = 1);
  void deliver(std::uint64_t seq, const wire::Message& message);
  /// A report about one of our messages.
  void report(const std::string& sender, const std::string& word, int about);

  // -- people
  void drop(const std::string& name,
            const std::string& bytes);                          ///< into the managed folder, hinted
  void put(const std::string& path, const std::string& bytes);  ///< a file, without a hint
  std::string text(const std::string& path);                    ///< of a file; "" if there is none
  std::string files(const std::string& folder);  ///< "a.ini b.ini", our own prefixes as "#-"
  nlohmann::json ask(const std::string& verb,
                     const nlohmann::json& args = nlohmann::json::object());

  // -- the store
  std::string state_of(int number);  ///< of an outgoing message: "queued", …; "none"
  std::string inbox_state_of(int number);

 private:
  void take(std::vector<Output> outputs);
  std::uint64_t last_ref_ = 0;
};

inline constexpr const char* kInbox = "/home/drop";
inline constexpr const char* kState = "/state";

}  // namespace yizhan::agent
