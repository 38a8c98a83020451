// What one event costs against tables of 10 to 100,000 rows of which five match: the index against
// a loop over all rows, in the same run. The cost of the first should follow the five.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/match.h"
#include "rules/parse.h"

namespace {

using namespace yizhan;

constexpr std::size_t kMatching = 5;
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

// Rows as a large agency has them: all on questions, five for each client.
std::string table_text(std::size_t rows) {
  std::string text;
  for (std::size_t i = 0; i < rows; ++i) {
    text += "[data-state row" + std::to_string(i) +
            "]\nwhen.kind = question\nwhen.state = open\nwhen.project.client = C" +
            std::to_string(i / kMatching) + "\ndo.1 = set_state state=routed\n";
  }
  return text;
}

std::size_t loop_over_all(const rules::Table& table, const rules::FieldSource& event) {
  return static_cast<std::size_t>(
      std::count_if(table.rows().begin(), table.rows().end(),
                    [&event](const rules::Row& row) { return rules::holds(row, event); }));
}

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

}  // namespace

int main() {
  const Question event;
  std::printf("%8s %10s %12s %12s %10s\n", "rows", "parse ms", "index ns", "loop ns", "loop/index");
  for (const std::size_t rows : {10, 1'000, 100'000}) {
    const std::string text = table_text(rows);
    const auto start = std::chrono::steady_clock::now();
    const auto parsed = rules::parse_table(text, "bench.ini");
    const std::chrono::duration<double, std::milli> parsing =
        std::chrono::steady_clock::now() - start;
    if (!parsed.table) {
      std::fprintf(stderr, "%s\n", parsed.errors.front().c_str());
      return 1;
    }
    const rules::Table& table = *parsed.table;
    const double by_index = nanoseconds([&] { return table.match(event).size(); });
    const double by_loop = nanoseconds([&] { return loop_over_all(table, event); });
    std::printf("%8zu %10.1f %12.0f %12.0f %10.1f\n", rows, parsing.count(), by_index, by_loop,
                by_loop / by_index);
  }
  return 0;
}
