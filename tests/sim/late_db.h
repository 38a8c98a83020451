#pragma once
// Forwards to a database and counts commits. As a mutant it makes each commit durable only when the
// next transaction begins: whoever dies in between has spoken too early.

#include <cstdint>
#include <string>
#include <string_view>

#include "store/db.h"

namespace yizhan::sim {

class LateDb final : public store::Db {
 public:
  /// `inner` outlives this.
  explicit LateDb(store::Db& inner) : inner_(inner) {}

  void set_late(bool late) { late_ = late; }
  std::uint64_t commits() const { return commits_; }

  /// The process is gone: what it had not committed is rolled back.
  void process_ended() {
    inner_.rollback();
    pending_ = false;
  }

  store::Dialect dialect() const override { return inner_.dialect(); }
  Result<store::Statement*> prepare(std::string_view sql) override { return inner_.prepare(sql); }
  Status execute(const std::string& sql) override { return inner_.execute(sql); }
  Status begin() override {
    if (pending_) TRY(inner_.commit());
    pending_ = false;
    return inner_.begin();
  }
  Status commit() override {
    ++commits_;
    pending_ = late_;
    return late_ ? Status() : inner_.commit();
  }
  void rollback() override { inner_.rollback(); }
  std::int64_t changes() override { return inner_.changes(); }
  std::int64_t last_insert_id() override { return inner_.last_insert_id(); }

 private:
  store::Db& inner_;
  bool late_ = false;
  bool pending_ = false;
  std::uint64_t commits_ = 0;
};

}  // namespace yizhan::sim
