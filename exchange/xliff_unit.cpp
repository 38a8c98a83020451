#include "exchange/xliff_unit.h"

#include <algorithm>
#include <utility>

#include "exchange/tmx_unit.h"
#include "exchange/words.h"

namespace yizhan::exchange {
namespace {

/// The file says a state: one that we do not know is at least no confirmation.
std::string known_or_draft(std::string_view status) {
  return std::string(status.empty() ? "draft" : status);
}

std::string origin_of(std::string_view word) {
  const auto has = [&](std::string_view part) { return word.find(part) != std::string_view::npos; };
  if (word == "mt" || word == "nmt" || word == "amt" || has("leveraged-mt") ||
      has("mt-suggestion")) {
    return "mt";
  }
  if (word == "tm" || has("exact-match") || has("fuzzy-match") || has("leveraged") ||
      has("id-match")) {
    return "tm";
  }
  if (word == "interactive") return "human";
  return {};
}

}  // namespace

void XliffUnit::start(const XmlElement& element) {
  *this = {};
  id = element.attribute("id");
  translate = element.attribute("translate") != "no";
  if (element.attribute("approved") == "yes") whole_.status = "final";
  if (element.has("mq:status")) {
    whole_.status = known_or_draft(status_from_memoq(element.attribute("mq:status")));
    whole_.changer = element.attribute("mq:lastchanginguser");
    whole_.changed = iso_time(element.attribute("mq:lastchangedtimestamp")).value_or("");
  }
}

void XliffUnit::start_segment(const XmlElement& element) {
  segmented_ = true;
  segments.emplace_back();
  XliffSegment& segment = segments.back();
  segment.id = element.attribute("id");
  const std::string_view state = element.attribute("state");
  segment.status = known_or_draft(status_from_xliff2(state));
  if (element.attribute("subState").find("reject") != std::string_view::npos) {
    segment.status = "rejected";
  }
}

void XliffUnit::take_state(const XmlElement& target) {
  if (whole_.status.empty() && target.has("state")) {
    whole_.status = known_or_draft(status_from_xliff1(target.attribute("state")));
  }
  whole_.origin = origin_of(target.attribute("state-qualifier"));
}

XliffSegment& XliffUnit::current() {
  return segmented_ ? segments.back() : whole_;
}

XliffSegment& XliffUnit::piece(std::string_view mid) {
  pieces_ = true;
  const auto found = std::find_if(segments.begin(), segments.end(),
                                  [&](const XliffSegment& one) { return one.id == mid; });
  if (found != segments.end()) return *found;
  segments.emplace_back();
  segments.back().id = mid;
  return segments.back();
}

void XliffUnit::start_sdl_segment(const XmlElement& element) {
  sdl_ = true;
  sdl_mid_ = element.attribute("id");
  XliffSegment& segment = piece(sdl_mid_);
  segment.status = known_or_draft(status_from_trados(element.attribute("conf")));
  segment.origin = origin_of(element.attribute("origin"));
}

void XliffUnit::take_sdl_value(std::string_view key, const std::string& text) {
  XliffSegment& segment = piece(sdl_mid_);
  if (key == "created_by") segment.author = text;
  if (key == "created_on") segment.created = iso_time(text).value_or("");
  if (key == "last_modified_by" || key == "modified_by") segment.changer = text;
  if (key == "modified_on") segment.changed = iso_time(text).value_or("");
}

void XliffUnit::add_note(const std::string& text) {
  exchange::add_note(&note, text);
}

void XliffUnit::finish() {
  if (segmented_) return;
  if (!pieces_) {
    segments.clear();
    segments.push_back(std::move(whole_));
    return;
  }
  for (XliffSegment& segment : segments) {
    if (segment.status.empty()) segment.status = sdl_ ? "draft" : whole_.status;
    if (segment.origin.empty()) segment.origin = whole_.origin;
    if (segment.changer.empty()) segment.changer = whole_.changer;
    if (segment.changed.empty()) segment.changed = whole_.changed;
  }
}

wire::Record xliff_record(const XliffUnit& from, const XliffSegment& segment) {
  namespace unit = wire::unit;
  wire::Record record = wire::make_record(wire::UNIT);
  wire::set_value(&record, unit::kSource, segment.source.plain());
  wire::set_value(&record, unit::kSourceXml, segment.source.xml());
  wire::set_value(&record, unit::kTarget, segment.target.plain());
  wire::set_value(&record, unit::kTargetXml, segment.target.xml());
  wire::set_value(&record, unit::kSegment,
                  segment.id.empty() ? from.id : from.id + "#" + segment.id);
  wire::set_value(&record, unit::kNote, from.note);
  wire::set_value(&record, unit::kOrigin, segment.origin);
  wire::set_value(&record, unit::kAuthor, segment.author);
  wire::set_value(&record, unit::kCreated, segment.created);
  wire::set_value(&record, unit::kChanger, segment.changer);
  wire::set_value(&record, unit::kChanged, segment.changed);
  return record;
}

}  // namespace yizhan::exchange
