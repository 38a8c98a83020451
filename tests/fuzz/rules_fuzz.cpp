// Any bytes as a rule table, and what follows their first NUL as every value of an event: no crash,
// no hang; a table or errors, never both; the index finds what a loop over all rows finds; and no
// value makes an argument longer than its limit.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "rules/parse.h"

namespace {

using namespace yizhan;

class OneValueEvent : public rules::FieldSource {
 public:
  explicit OneValueEvent(std::string_view value) : value_(value) {}
  std::optional<std::string_view> get(std::string_view field) const override {
    if (field.ends_with('x')) return std::nullopt;  // some fields are missing
    return value_;
  }
  bool has_role(std::string_view role) const override { return role <= value_; }

 private:
  std::string_view value_;
};

void check_match(const rules::Table& table, const rules::FieldSource& event) {
  std::vector<const rules::Row*> expected;
  for (const rules::Row& row : table.rows()) {
    if (row.enabled == rules::Enabled::kNo || !rules::holds(row, event)) continue;
    expected.push_back(&row);
    if (row.stop && row.enabled == rules::Enabled::kYes) break;
  }
  CHECK_THAT_HOLDS(table.match(event) == expected);
  for (const rules::Row& row : table.rows()) {
    const bool is_in = std::find(expected.begin(), expected.end(), &row) != expected.end();
    CHECK_THAT_HOLDS(table.why_not(row, event).has_value() != is_in);
    for (const rules::Command& command : row.commands) {
      for (const auto& [key, value] : command.arguments) {
        const auto expansion = rules::expand(value, event);
        CHECK_THAT_HOLDS(!expansion.ok() || expansion->text.size() <= rules::kMaxExpandedBytes);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const auto parsed = rules::parse_table(bytes.substr(0, end), "fuzz.ini");
  CHECK_THAT_HOLDS(parsed.table.has_value() == parsed.errors.empty());
  for (const auto& error : parsed.errors) {
    CHECK_THAT_HOLDS(error.starts_with("fuzz.ini:") || error.ends_with("more errors"));
    CHECK_THAT_HOLDS(error.size() < 1000);
  }
  if (!parsed.table) return 0;
  check_match(*parsed.table, OneValueEvent(end < size ? bytes.substr(end + 1) : "question"));
  return 0;
}
