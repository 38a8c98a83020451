#pragma once
// One version of one stored message, as the rules see it.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rules/fields.h"
#include "wire/message.pb.h"

namespace yizhan::broker {

/// Borrows everything it is given. The body is parsed when the first field of it is asked for.
class Event : public rules::FieldSource {
 public:
  Event(const wire::Message& envelope, std::string_view body, std::string state,
        std::string previous_state, const std::set<std::string>& sender_roles);

  std::optional<std::string_view> get(std::string_view field) const override;
  bool has_role(std::string_view role) const override;

  const std::string& state() const { return state_; }

 private:
  std::optional<std::string_view> envelope_field(std::string_view field) const;
  void parse_body() const;

  const wire::Message& envelope_;
  std::string_view body_bytes_;
  std::string id_;
  std::string state_;
  std::string previous_state_;
  const std::set<std::string>& roles_;
  mutable bool parsed_ = false;
  mutable wire::Body body_;
  mutable std::map<std::string, std::string_view, std::less<>> fields_;  // views into body_
};

}  // namespace yizhan::broker
