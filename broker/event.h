#pragma once
// One version of one stored message, as the rules see it.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/facts.h"
#include "config/time.h"
#include "rules/fields.h"
#include "store/probe_store.h"
#include "store/server_store.h"
#include "wire/message.pb.h"

namespace yizhan::broker {

/// A message version to be compared: the row without its envelope and body, and these beside it.
/// Borrows the envelope and the body.
struct Subject {
  store::MessageSeq seq = 0;
  MessageId id;
  store::ClientId sender = 0;
  std::int64_t version = 1;
  std::int64_t stored_us = 0;
  const wire::Message* envelope = nullptr;  ///< without body
  const std::string* body = nullptr;
  std::string state;
  std::string previous_state;
};

/// The version of `row` that is stored, without what it was before. Borrows both.
Subject subject_of(const store::StoredMessage& row, const wire::Message& envelope);

/// Borrows everything it is given. The body is parsed when the first field of it is asked for, and
/// what is only in the database is looked up then; a failure of that is kept in `facts`.
class Event : public rules::FieldSource {
 public:
  /// `rule_prefix` stands before a row's name in the record of firings ("", "activation/", …).
  Event(const Subject& subject, Facts& facts, Instant now, std::string_view rule_prefix = "")
      : subject_(subject), facts_(facts), now_(now), rule_prefix_(rule_prefix) {}

  /// From here on the fields are those of a row of [activation]: `state` is the activation's.
  void about(const store::Activation& activation, std::string preset);
  /// From here on "fires" is about the row `name`: for the texts of its commands.
  void for_row(std::string name) { row_ = std::move(name); }
  /// A field that only one text has: the link of a probe, say.
  void set(std::string field, std::string value) { extra_[std::move(field)] = std::move(value); }

  std::optional<std::string_view> get(std::string_view field) const override;
  bool has(std::string_view field, std::string_view word) const override;
  std::int64_t fires(std::string_view row) const override;

  const Subject& subject() const { return subject_; }

 private:
  /// A field that is made from the clock or the database, when it is first asked for.
  using Value = std::optional<std::string>;
  struct Computed {
    std::string_view name;
    Value (*make)(const Event& event);
  };
  static std::span<const Computed> computed_fields();

  std::optional<std::string_view> envelope_field(std::string_view field) const;
  std::optional<std::string_view> body_field(std::string_view field) const;
  const store::StoredMessage* answered() const;
  bool read_answered(wire::Message* envelope) const;  ///< false if it is not known
  std::string project_or_answered() const;

  const Subject& subject_;
  Facts& facts_;
  Instant now_;
  std::string_view rule_prefix_;
  std::string row_;
  mutable std::optional<std::optional<store::StoredMessage>> answered_;  // once it was looked for
  mutable bool parsed_ = false;
  mutable wire::Body body_;
  mutable std::map<std::string, std::string_view, std::less<>> fields_;  // views into body_
  mutable std::map<std::string_view, Value> computed_;
  std::map<std::string, std::string, std::less<>> extra_;
};

}  // namespace yizhan::broker
