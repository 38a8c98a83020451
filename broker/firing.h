#pragma once
// Data states to commands: compares each new version of a stored message with the data-state table
// and carries out what matches, in the transaction that stored it. (message version, rule) fires
// once, whatever is killed.

#include <set>
#include <string>

#include "broker/delivery.h"
#include "broker/directory.h"
#include "broker/step.h"
#include "config/result.h"
#include "rules/match.h"
#include "store/server_store.h"
#include "wire/message.pb.h"

namespace yizhan::broker {

/// A command of a rule may change a state that fires another rule, this many times in a row.
inline constexpr int kMaxRuleDepth = 4;

/// A message version to be compared: the row without its envelope and body, and these beside it.
struct Subject {
  store::MessageSeq seq = 0;
  MessageId id;
  store::ClientId sender = 0;
  std::int64_t version = 1;
  const wire::Message* envelope = nullptr;  ///< without body
  const std::string* body = nullptr;
  std::string state;
  std::string previous_state;
};

class Firing {
 public:
  Firing(store::ServerStore& store, Directory& directory, Delivery& delivery)
      : store_(&store), directory_(&directory), delivery_(&delivery) {}

  void use(rules::Table table) { table_ = std::move(table); }
  const rules::Table& table() const { return table_; }

  /// Compares `subject` and carries out what matches. Failures of single commands (nobody has the
  /// role) are kept as the firing's effect, not returned; only a failing store is.
  Status fire(Step& step, Subject subject);

 private:
  Status fire_at_depth(Step& step, Subject& subject, int depth, std::set<std::string>& fired);
  Result<bool> may_fire(Step& step, const rules::Row& row, const Subject& subject);
  Result<std::string> carry_out(Step& step, const rules::Row& row, const rules::Command& command,
                                const rules::FieldSource& event, const Subject& subject,
                                std::string* new_state);
  Result<std::string> send(Step& step, const rules::Row& row, const std::string& recipient,
                           const std::string& text_template, const std::string& text,
                           const Subject& subject);

  store::ServerStore* store_;
  Directory* directory_;
  Delivery* delivery_;
  rules::Table table_;
};

}  // namespace yizhan::broker
