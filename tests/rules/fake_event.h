#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "rules/fields.h"

namespace yizhan::rules {

/// An event made of what the test says.
class FakeEvent : public FieldSource {
 public:
  using Fields = std::map<std::string, std::string, std::less<>>;
  using Roles = std::set<std::string, std::less<>>;
  explicit FakeEvent(std::initializer_list<Fields::value_type> fields, Roles roles = {})
      : fields_(fields), roles_(std::move(roles)) {}
  explicit FakeEvent(Fields fields, Roles roles = {})
      : fields_(std::move(fields)), roles_(std::move(roles)) {}

  std::optional<std::string_view> get(std::string_view field) const override {
    const auto found = fields_.find(field);
    if (found == fields_.end()) return std::nullopt;
    return found->second;
  }
  bool has(std::string_view field, std::string_view word) const override {
    return field == kRoleField ? roles_.contains(word) : has_entry(sets_, field, word);
  }
  std::int64_t fires(std::string_view row) const override {
    const auto found = fires_.find(row);
    return found == fires_.end() ? 0 : found->second;
  }

  /// Adds `word` to the set `field`.
  FakeEvent& with(const std::string& field, const std::string& word) {
    sets_[field].insert(word);
    return *this;
  }
  FakeEvent& fired(const std::string& row, std::int64_t times) {
    fires_[row] = times;
    return *this;
  }

 private:
  using Sets = std::map<std::string, Roles, std::less<>>;
  static bool has_entry(const Sets& sets, std::string_view field, std::string_view word) {
    const auto found = sets.find(field);
    return found != sets.end() && found->second.contains(word);
  }

  Fields fields_;
  Roles roles_;
  Sets sets_;
  std::map<std::string, std::int64_t, std::less<>> fires_;
};

}  // namespace yizhan::rules
