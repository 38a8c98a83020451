// What one event costs against tables of 10 to 100,000 rows of which five match: the index, a loop
// over all rows, and the same table as rows in SQLite that each event asks with a query, in the
// same run. The cost of the first should follow the five. Then the reading and checking of 10,000
// rows.

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rules/check.h"
#include "rules/match.h"
#include "rules/parse.h"

namespace {

using namespace yizhan;

constexpr std::size_t kMatching = 5;
constexpr std::size_t kCheckedRows = 10'000;
constexpr auto kTimePerFigure = std::chrono::milliseconds(300);

class Question : public rules::FieldSource {
 public:
  std::optional<std::string_view> get(std::string_view field) const override {
    const auto found = fields_.find(field);
    if (found == fields_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> fields_ = {
      {"kind", "question"},        {"state", "open"},       {"question.category", "terminology"},
      {"project.client", "C0"},    {"project.id", "PRJ-1"}, {"job.source_lang", "en-US"},
      {"job.target_lang", "zh-CN"}};
};

std::string client_of(std::size_t row) {
  return "C" + std::to_string(row / kMatching);
}

// Rows as a large agency has them: all on questions, five for each client.
std::string table_text(std::size_t rows) {
  std::string text;
  for (std::size_t i = 0; i < rows; ++i) {
    text += "[data-state row" + std::to_string(i) +
            "]\nwhen.kind = question\nwhen.state = open\nwhen.project.client = " + client_of(i) +
            "\ndo.1 = set_state state=routed\n";
  }
  return text;
}

std::size_t loop_over_all(const rules::Table& table, const rules::FieldSource& event) {
  return static_cast<std::size_t>(
      std::count_if(table.rows().begin(), table.rows().end(),
                    [&event](const rules::Row& row) { return rules::holds(row, event); }));
}

// The table as it would be if the rows stood in the database: one column a field, an index over
// them, an empty column for a field that a row does not ask for.
class SqliteTable {
 public:
  explicit SqliteTable(std::size_t rows) {
    sqlite3* opened = nullptr;
    sqlite3_open(":memory:", &opened);
    db_.reset(opened);
    run("CREATE TABLE rule(position INTEGER PRIMARY KEY, kind TEXT, state TEXT, client TEXT)");
    run("CREATE INDEX by_values ON rule(client, kind, state)");
    run("BEGIN");
    auto insert = prepare("INSERT INTO rule VALUES(?, 'question', 'open', ?)");
    for (std::size_t i = 0; i < rows; ++i) {
      sqlite3_bind_int64(insert.get(), 1, static_cast<sqlite3_int64>(i));
      bind(insert, 2, client_of(i));
      sqlite3_step(insert.get());
      sqlite3_reset(insert.get());
    }
    run("COMMIT");
    query_ = prepare(
        "SELECT position FROM rule WHERE client IN (?1, '') AND kind IN (?2, '') AND state IN "
        "(?3, '') ORDER BY position");
  }

  std::size_t match(const rules::FieldSource& event) {
    bind(query_, 1, std::string(*event.get("project.client")));
    bind(query_, 2, std::string(*event.get("kind")));
    bind(query_, 3, std::string(*event.get("state")));
    std::size_t found = 0;
    while (sqlite3_step(query_.get()) == SQLITE_ROW) ++found;
    sqlite3_reset(query_.get());
    return found;
  }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  void run(const char* sql) { sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr); }
  Statement prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(db_.get(), sql, -1, &statement, nullptr);
    return Statement(statement);
  }
  static void bind(const Statement& statement, int column, const std::string& text) {
    sqlite3_bind_text(statement.get(), column, text.data(), static_cast<int>(text.size()),
                      SQLITE_TRANSIENT);
  }

  std::unique_ptr<sqlite3, Close> db_;
  Statement query_;
};

// Nanoseconds of one call; negative if it did not find the five rows.
double nanoseconds(const std::function<std::size_t()>& match) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  std::size_t calls = 0;
  while (Clock::now() - start < kTimePerFigure) {
    if (match() != kMatching) return -1;
    ++calls;
  }
  const std::chrono::duration<double, std::nano> elapsed = Clock::now() - start;
  return elapsed.count() / static_cast<double>(calls);
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// Nanoseconds by the index; empty if the table could not be read.
std::optional<double> print_figures(std::size_t rows) {
  const Question event;
  const std::string text = table_text(rows);
  const auto start = std::chrono::steady_clock::now();
  const auto parsed = rules::parse_tables(text, "bench.ini");
  const double parsing = milliseconds_since(start);
  if (!parsed.tables) {
    std::fprintf(stderr, "%s\n", parsed.errors.front().c_str());
    return std::nullopt;
  }
  const rules::Table& table = parsed.tables->data_state;
  SqliteTable sqlite(rows);
  const double by_index = nanoseconds([&] { return table.match(event).size(); });
  const double by_loop = nanoseconds([&] { return loop_over_all(table, event); });
  const double by_query = nanoseconds([&] { return sqlite.match(event); });
  std::printf("%8zu %10.1f %12.0f %12.0f %12.0f %10.1f %12.1f\n", rows, parsing, by_index, by_loop,
              by_query, by_loop / by_index, by_query / by_index);
  return by_index;
}

void print_check() {
  const std::string text = table_text(kCheckedRows);
  auto start = std::chrono::steady_clock::now();
  const auto parsed = rules::parse_tables(text, "bench.ini");
  const double parsing = milliseconds_since(start);
  start = std::chrono::steady_clock::now();
  const std::size_t findings = rules::check(*parsed.tables).size();
  std::printf("%zu rows: parse %.1f ms, check %.1f ms (%zu findings)\n", kCheckedRows, parsing,
              milliseconds_since(start), findings);
}

}  // namespace

int main() {
  std::printf("%8s %10s %12s %12s %12s %10s %12s\n", "rows", "parse ms", "index ns", "loop ns",
              "sqlite ns", "loop/index", "sqlite/index");
  std::optional<double> few;
  std::optional<double> many;
  for (const std::size_t rows : {10, 1'000, 100'000}) {
    many = print_figures(rows);
    if (!many) return 1;
    if (!few) few = many;
  }
  std::printf("index, 100,000 rows / 10 rows: %.2f (limit 2)\n", *many / *few);
  print_check();
  return 0;
}
