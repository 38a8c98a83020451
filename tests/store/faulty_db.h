#pragma once
// A Db that fails or "crashes" where a test wants it to, around one that works.
//
//   FaultyDb db(inner);
//   db.arm({.fault = Fault::kCrashAfterCommit, .at = 3});
//   try { … } catch (const CrashPoint& crash) { … drop the stores, make a new FaultyDb … }

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/result.h"
#include "store/db.h"

namespace yizhan::store {

enum class Fault {
  kFailStatement,      ///< the statement does nothing and reports `error`
  kCrashStatement,     ///< the process ends before the statement; the transaction is gone
  kFailCommit,         ///< nothing of the transaction is kept, commit() reports `error`
  kCrashBeforeCommit,  ///< the process ends, nothing of the transaction is kept
  kCrashAfterCommit,   ///< all of it is kept, and the process ends before it knows
  kLoseAnswer,         ///< all of it is kept, but commit() reports `error` (MySQL only, in life)
};

/// Thrown where a process would have died. Caught only by the simulator and by tests.
struct CrashPoint {
  Fault fault;
  std::int64_t at;
};

struct FaultPlan {
  Fault fault = Fault::kFailStatement;
  /// The n-th from now, 1 is the next: runs of statements for the statement faults, else commits.
  std::int64_t at = 1;
  Error error = {Code::kIo, "made-up failure: disk I/O error"};
};

/// Forwards to `inner`, which outlives it. After a made-up kIo, kCorrupt or kLoseAnswer it refuses
/// everything, as the real drivers do; a new FaultyDb on the same inner one is the restart.
class FaultyDb final : public Db {
 public:
  explicit FaultyDb(Db& inner) : inner_(inner) {}

  void arm(FaultPlan plan) {
    plan_ = std::move(plan);
    armed_statement_ = statements_ + plan_->at;
    armed_commit_ = commits_ + plan_->at;
  }
  void disarm() { plan_.reset(); }
  /// Runs of statements, and commits, so far: a test's first, faultless run tells how many points
  /// there are.
  std::int64_t statements() const { return statements_; }
  std::int64_t commits() const { return commits_; }

  Dialect dialect() const override { return inner_.dialect(); }

  Result<Statement*> prepare(std::string_view sql) override {
    if (broken_) return *broken_;
    TRY_ASSIGN(Statement* const inner, inner_.prepare(sql));
    std::unique_ptr<Wrapper>& wrapper = wrappers_[inner];
    if (wrapper == nullptr) wrapper = std::make_unique<Wrapper>(*this, *inner);
    wrapper->reset();
    return static_cast<Statement*>(wrapper.get());
  }

  Status execute(const std::string& sql) override {
    TRY(before_statement());
    return inner_.execute(sql);
  }

  Status begin() override {
    if (broken_) return *broken_;
    return inner_.begin();
  }

  Status commit() override {
    if (broken_) return *broken_;
    ++commits_;
    if (!plan_ || commits_ != armed_commit_) return inner_.commit();
    switch (plan_->fault) {
      case Fault::kFailStatement:
      case Fault::kCrashStatement:
        return inner_.commit();
      case Fault::kFailCommit:
        inner_.rollback();
        return fail();
      case Fault::kCrashBeforeCommit:
        crash();
      case Fault::kCrashAfterCommit: {
        const Status committed = inner_.commit();
        if (!committed.ok()) return committed;
        crash();
      }
      case Fault::kLoseAnswer: {
        const Status committed = inner_.commit();
        if (!committed.ok()) return committed;
        broken_ = plan_->error;
        return fail();
      }
    }
    return {};
  }

  void rollback() override { inner_.rollback(); }
  std::int64_t changes() override { return inner_.changes(); }
  std::int64_t last_insert_id() override { return inner_.last_insert_id(); }

 private:
  class Wrapper final : public Statement {
   public:
    Wrapper(FaultyDb& db, Statement& inner) : db_(db), inner_(inner) {}
    void bind_int(int index, std::int64_t value) override { inner_.bind_int(index, value); }
    void bind_text(int index, std::string_view value) override { inner_.bind_text(index, value); }
    void bind_blob(int index, std::string_view value) override { inner_.bind_blob(index, value); }
    void bind_null(int index) override { inner_.bind_null(index); }
    Result<bool> step() override {
      if (!running_) {
        const Status allowed = db_.before_statement();
        if (!allowed.ok()) {
          reset();
          return allowed.error();
        }
      }
      Result<bool> row = inner_.step();
      running_ = row.ok() && *row;
      return row;
    }
    void reset() override {
      running_ = false;
      inner_.reset();
    }
    std::int64_t column_int(int column) override { return inner_.column_int(column); }
    std::string_view column_text(int column) override { return inner_.column_text(column); }
    std::string_view column_blob(int column) override { return inner_.column_blob(column); }
    bool column_is_null(int column) override { return inner_.column_is_null(column); }

   private:
    FaultyDb& db_;
    Statement& inner_;
    bool running_ = false;
  };

  Status before_statement() {
    if (broken_) return *broken_;
    ++statements_;
    if (!plan_ || statements_ != armed_statement_) return {};
    if (plan_->fault == Fault::kFailStatement) return fail();
    if (plan_->fault == Fault::kCrashStatement) crash();
    return {};
  }

  Error fail() {
    const Error error = plan_->error;
    if (error.code == Code::kIo || error.code == Code::kCorrupt) broken_ = error;
    plan_.reset();
    return error;
  }

  [[noreturn]] void crash() {
    const CrashPoint point{plan_->fault, plan_->at};
    plan_.reset();
    broken_ = Error{Code::kIo, "used after a made-up crash"};
    inner_.rollback();
    throw point;
  }

  Db& inner_;
  std::optional<FaultPlan> plan_;
  std::optional<Error> broken_;
  std::int64_t statements_ = 0;
  std::int64_t commits_ = 0;
  std::int64_t armed_statement_ = 0;
  std::int64_t armed_commit_ = 0;
  std::map<Statement*, std::unique_ptr<Wrapper>> wrappers_;
};

}  // namespace yizhan::store
