#include "store/mysql_statement.h"

#include <cppconn/datatype.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/sqlstring.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "config/result.h"
#include "store/mysql_session.h"

namespace yizhan::store {
namespace {

/// The connector has two calls to run a statement and cannot say which one fits.
bool gives_rows(std::string_view sql) {
  return sql.starts_with("SELECT") || sql.starts_with("WITH") || sql.starts_with("SHOW");
}

}  // namespace

MysqlStatement::MysqlStatement(MysqlSession& session, std::string sql,
                               std::unique_ptr<sql::PreparedStatement> statement,
                               std::int64_t& changes)
    : session_(session),
      sql_(std::move(sql)),
      is_query_(gives_rows(sql_)),
      statement_(std::move(statement)),
      changes_(changes) {}

template <class Set>
void MysqlStatement::bind(Set set) {
  if (session_.refusal() != nullptr) return;  // step() reports it
  const auto bound = guarded(session_, sql_, [&] {
    set();
    return true;
  });
  if (!bound.ok() && !bind_error_) bind_error_ = bound.error();
}

void MysqlStatement::bind_int(int index, std::int64_t value) {
  bind([&] { statement_->setInt64(static_cast<unsigned>(index), value); });
}

void MysqlStatement::bind_text(int index, std::string_view value) {
  bind([&] {
    const sql::SQLString copy(value.empty() ? "" : value.data(), value.size());
    statement_->setString(static_cast<unsigned>(index), copy);
  });
}

void MysqlStatement::bind_blob(int index, std::string_view value) {
  bind_text(index, value);
}

void MysqlStatement::bind_null(int index) {
  bind([&] { statement_->setNull(static_cast<unsigned>(index), sql::DataType::BINARY); });
}

void MysqlStatement::start() {
  if (is_query_) {
    rows_.reset(statement_->executeQuery());
    // Sized once: views of one column must outlive the reading of another.
    values_.resize(rows_->getMetaData()->getColumnCount());
  } else {
    changes_ = statement_->executeUpdate();
  }
  running_ = true;
}

Result<bool> MysqlStatement::step() {
  if (const Error* const refusal = session_.refusal()) return fail(*refusal);
  if (bind_error_) return fail(*bind_error_);
  Result<bool> row = guarded(session_, sql_, [&] {
    if (!running_) start();
    return rows_ != nullptr && rows_->next();
  });
  if (!row.ok()) return fail(row.error());
  if (!*row) {
    reset();
    return false;
  }
  for (auto& value : values_) value.reset();
  return true;
}

void MysqlStatement::reset() {
  rows_.reset();
  running_ = false;
  bind_error_.reset();
  statement_->clearParameters();
}

Error MysqlStatement::fail(Error error) {
  reset();
  return error;
}

/// A value that cannot be read is our bug or a lost session; the next step() reports the latter.
template <class Value, class Get>
Value MysqlStatement::read(Value otherwise, Get get) {
  if (rows_ == nullptr) return otherwise;
  auto value = guarded(session_, sql_, [&]() -> Value { return get(); });
  return value.ok() ? std::move(*value) : otherwise;
}

std::int64_t MysqlStatement::column_int(int column) {
  return read(std::int64_t{0}, [&] { return rows_->getInt64(static_cast<unsigned>(column) + 1); });
}

std::string_view MysqlStatement::column_text(int column) {
  const auto at = static_cast<std::size_t>(column);
  if (rows_ == nullptr || at >= values_.size()) return {};
  if (!values_[at]) {
    values_[at] = read(std::string(), [&] {
      return rows_->getString(static_cast<unsigned>(column) + 1).asStdString();
    });
  }
  return *values_[at];
}

std::string_view MysqlStatement::column_blob(int column) {
  return column_text(column);
}

bool MysqlStatement::column_is_null(int column) {
  return read(true, [&] { return rows_->isNull(static_cast<unsigned>(column) + 1); });
}

}  // namespace yizhan::store
