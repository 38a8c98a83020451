#pragma once
// A prepared statement of the MySQL driver. Included by the driver's own files only.

#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "store/db.h"
#include "store/mysql_session.h"

namespace yizhan::store {

class MysqlStatement final : public Statement {
 public:
  /// `changes` takes the number of rows of each run that changes some; it and `session` outlive
  /// this.
  MysqlStatement(MysqlSession& session, std::string sql,
                 std::unique_ptr<sql::PreparedStatement> statement, std::int64_t& changes);

  void bind_int(int index, std::int64_t value) override;
  void bind_text(int index, std::string_view value) override;
  void bind_blob(int index, std::string_view value) override;
  void bind_null(int index) override;
  Result<bool> step() override;
  void reset() override;
  std::int64_t column_int(int column) override;
  std::string_view column_text(int column) override;
  std::string_view column_blob(int column) override;
  bool column_is_null(int column) override;

 private:
  void start();
  Error fail(Error error);
  template <class Set>
  void bind(Set set);
  template <class Value, class Get>
  Value read(Value otherwise, Get get);

  MysqlSession& session_;
  const std::string sql_;
  const bool is_query_;
  std::unique_ptr<sql::PreparedStatement> statement_;
  std::unique_ptr<sql::ResultSet> rows_;  // destroyed before the statement that it belongs to
  std::vector<std::optional<std::string>>
      values_;  ///< of the current row, as far as they were read
  std::optional<Error> bind_error_;
  bool running_ = false;
  std::int64_t& changes_;
};

}  // namespace yizhan::store
