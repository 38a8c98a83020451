#pragma once
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
  bool has_role(std::string_view role) const override { return roles_.contains(role); }

 private:
  Fields fields_;
  Roles roles_;
};

}  // namespace yizhan::rules
