#include "exchange/format_reader.h"

#include <utility>

namespace yizhan::exchange {

std::string FormatReader::place() const {
  if (number_ == 0) return context_.xml->place();
  return context_.xml->place() + ", " + item_name() + " " + std::to_string(number_);
}

Error FormatReader::error(Code code, const std::string& what) const {
  return {code, place() + ": " + what};
}

void FormatReader::skip(const std::string& reason, std::uint64_t count) {
  count_skipped(
      context_.report, reason, [this] { return place(); }, count);
}

Status FormatReader::check(const wire::Record& record) const {
  const Status checked = wire::check_record(record);
  if (!checked.ok()) return error(checked.error().code, checked.error().message);
  return {};
}

// An id is only known when the slice is, but the check wants one.
Status FormatReader::hand_over(wire::Record unit) {
  unit.set_id(std::string(wire::RecordId::kSize, '\0'));
  TRY(check(unit));
  unit.clear_id();
  ++report().units;
  return context_.sink->unit(std::move(unit));
}

Status FormatReader::hand_over(wire::Record concept_record, std::vector<wire::Record> terms) {
  const std::string any_id(wire::RecordId::kSize, '\0');
  concept_record.set_id(any_id);
  TRY(check(concept_record));
  concept_record.clear_id();
  for (wire::Record& term : terms) {
    term.set_id(any_id);
    TRY(check(term));
    term.clear_id();
  }
  ++report().concepts;
  report().terms += terms.size();
  return context_.sink->entry(std::move(concept_record), std::move(terms));
}

}  // namespace yizhan::exchange
