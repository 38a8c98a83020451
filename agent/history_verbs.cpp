#include "agent/history_verbs.h"

#include <algorithm>
#include <utility>

#include "agent/history_args.h"
#include "wire/history.h"
#include "wire/limits.h"

namespace yizhan::agent {
namespace {

constexpr std::size_t kAnswerBytes = wire::kMaxReplyJsonBytes / 2;  // a page of rows ends here

Result<wire::RecordKind> kind_of(const Json& args) {
  const std::string word = text_of(args, "kind");
  if (const auto kind = wire::parse_record_kind(word)) return *kind;
  return Error{Code::kInvalid, "'" + word + "' is no kind of record; write unit, concept, term, "
                               "item or operation"};
}

const char* outcome_name(wire::Outcome outcome) {
  switch (outcome) {
    case wire::APPLIED:
      return "applied";
    case wire::MERGED:
      return "merged";
    case wire::DUPLICATE:
      return "duplicate";
    case wire::SUPERSEDED:
      return "superseded";
    case wire::PROPOSED:
      return "proposed";
    default:
      return "refused";
  }
}

Json revision_json(const wire::Revision& revision) {
  Json json = {{"rev", revision.rev()},
               {"seq", revision.seq()},
               {"outcome", outcome_name(revision.outcome())},
               {"user", revision.user()},
               {"code", revision.code()},
               {"deleted", revision.deleted()},
               {"fields", fields_json(revision.kind(), revision.values())}};
  if (revision.at_us() != 0) json["at"] = format_time(from_micros(revision.at_us()));
  if (revision.stored_us() != 0) json["stored"] = format_time(from_micros(revision.stored_us()));
  return json;
}

/// Which groups of `next` differ from what is there.
std::uint32_t changed_groups(const wire::Record& before, const wire::Record& next) {
  std::uint32_t groups = 0;
  const auto fields = wire::fields_of(next.kind());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const int field = static_cast<int>(i);
    const bool same = wire::value(before, field) == wire::value(next, field);
    if (!same) groups |= wire::bit(fields[i].group);
  }
  return groups;
}

void stamp(wire::Record* record, const std::string& user, Instant now, bool is_new) {
  const bool unit = record->kind() == wire::UNIT;
  if (!unit && record->kind() != wire::TERM) return;
  const std::string at = format_time(now);
  wire::set_value(record, unit ? static_cast<int>(wire::unit::kChanger)
                               : static_cast<int>(wire::term::kChanger), user);
  wire::set_value(record, unit ? static_cast<int>(wire::unit::kChanged)
                               : static_cast<int>(wire::term::kChanged), at);
  if (!is_new) return;
  wire::set_value(record, unit ? static_cast<int>(wire::unit::kAuthor)
                               : static_cast<int>(wire::term::kAuthor), user);
  wire::set_value(record, unit ? static_cast<int>(wire::unit::kCreated)
                               : static_cast<int>(wire::term::kCreated), at);
}

/// Items of a page in the order in which people wrote them; they come in that of their arrival.
Json by_time(wire::RecordKind kind, Json rows) {
  if (kind != wire::ITEM) return rows;
  const auto written = [](const Json& row) {
    return parse_time(row["fields"].value("created", "")).value_or(Instant{});
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const Json& a, const Json& b) {
    return written(a) < written(b);
  });
  return rows;
}

}  // namespace

const HistoryVerbs::Row HistoryVerbs::kVerbs[] = {
    {"records.list", &HistoryVerbs::list},     {"records.show", &HistoryVerbs::show},
    {"records.search", &HistoryVerbs::search}, {"records.set", &HistoryVerbs::set},
    {"records.delete", &HistoryVerbs::remove}, {"import", &HistoryVerbs::import},
    {"sync.status", &HistoryVerbs::status},    {"sync.parked", &HistoryVerbs::parked},
    {"sync.retry", &HistoryVerbs::retry},      {"sync.drop", &HistoryVerbs::drop},
};

bool HistoryVerbs::knows(const std::string& verb) {
  return std::any_of(std::begin(kVerbs), std::end(kVerbs),
                     [&](const Row& row) { return row.name == verb; });
}

Result<Json> HistoryVerbs::call(const std::string& verb, const Json& args) {
  const auto row = std::find_if(std::begin(kVerbs), std::end(kVerbs),
                                [&](const Row& one) { return one.name == verb; });
  CHECK_THAT_HOLDS(row != std::end(kVerbs));
  return (this->*row->verb)(args);
}

Result<std::string> HistoryVerbs::slice_name(store::SliceId id) {
  TRY_ASSIGN(const auto slices, records_.store().slices());
  for (const store::FollowedSlice& slice : slices) {
    if (slice.id == id) return slice.name;
  }
  return std::string();
}

Result<Json> HistoryVerbs::to_json(const store::StoredRecord& stored) {
  TRY_ASSIGN(const std::string slice, slice_name(stored.slice));
  return to_json(stored, slice);
}

Json HistoryVerbs::to_json(const store::StoredRecord& stored, const std::string& slice) {
  const wire::Record& record = stored.record;
  return Json{{"id", wire::record_id_hex(record.id())},
              {"kind", wire::record_kind_name(record.kind())},
              {"slice", slice},
              {"rev", record.rev()},
              {"seq", record.seq()},
              {"deleted", record.deleted()},
              {"waiting", stored.pending},
              {"damaged", stored.damaged},
              {"fields", fields_json(record.kind(), record.values())}};
}

Result<store::StoredRecord> HistoryVerbs::record_of(const Json& args) {
  TRY_ASSIGN(const wire::RecordKind kind, kind_of(args));
  const std::string hex = text_of(args, "id");
  const auto id = wire::record_id_from_hex(hex);
  if (!id) return Error{Code::kInvalid, "'" + hex + "' is no id of a record: 32 hex digits"};
  TRY_ASSIGN(auto found, records_.records().find(kind, id->view()));
  if (!found) {
    return Error{Code::kNotFound, std::string("this agent has no ") + record_kind_name(kind) +
                                      " " + hex + "; `yizhan tm search` finds ids"};
  }
  return std::move(*found);
}

/// Slices in order of their names, each in order of its rows. `next` is where to go on, as
/// "ROW@SLICE"; empty at the end.
Result<Json> HistoryVerbs::list(const Json& args) {
  TRY_ASSIGN(const wire::RecordKind kind, kind_of(args));
  const std::string wanted = text_of(args, "slice");
  const bool deleted = args.value("deleted", false);
  const std::string from = text_of(args, "from");
  const std::size_t mark = std::min(from.find('@'), from.size());
  const std::string from_slice = mark < from.size() ? from.substr(mark + 1) : std::string();
  const auto limit = static_cast<std::size_t>(rows_of(args));
  TRY_ASSIGN(const auto slices, records_.store().slices());
  Json rows = Json::array();
  std::size_t bytes = 0;
  for (const store::FollowedSlice& slice : slices) {
    if (slice.name < from_slice) continue;
    if (!wanted.empty() && !wire::slice_covers(wanted, slice.name)) continue;
    std::int64_t at = slice.name == from_slice ? number_in(from.substr(0, mark)) : 0;
    while (true) {
      if (rows.size() >= limit || bytes > kAnswerBytes) {
        return Json{{"records", by_time(kind, std::move(rows))},
                    {"next", std::to_string(at) + "@" + slice.name}};
      }
      std::int64_t last = at;
      TRY_ASSIGN(const auto found, records_.records().walk(kind, slice.id, 0, &last,
                                                           static_cast<int>(limit - rows.size())));
      if (found.empty()) break;
      for (const store::StoredRecord& one : found) {
        if (bytes > kAnswerBytes) break;
        at = one.n;
        if (one.record.deleted() && !deleted) continue;
        Json json = to_json(one, slice.name);
        bytes += json.dump().size();
        rows.push_back(std::move(json));
      }
    }
  }
  return Json{{"records", by_time(kind, std::move(rows))}, {"next", ""}};
}

/// Of a record that was deleted so long ago that nobody remembers it, what it said is still there.
Result<Json> HistoryVerbs::show(const Json& args) {
  Result<store::StoredRecord> found = record_of(args);
  std::string id;
  if (found.ok()) {
    id = found->record.id();
  } else if (const auto asked = wire::record_id_from_hex(text_of(args, "id"))) {
    id = std::string(asked->view());
  }
  TRY_ASSIGN(const auto revisions, records_.records().revisions(id));
  if (!found.ok()) {
    TRY_ASSIGN(const wire::RecordKind kind, kind_of(args));
    if (revisions.empty() || revisions.back().kind() != kind) return found.error();
    store::StoredRecord gone;
    gone.record.set_kind(kind);
    gone.record.set_id(id);
    gone.record.set_rev(revisions.back().rev());
    gone.record.set_seq(revisions.back().seq());
    gone.record.set_deleted(true);
    *gone.record.mutable_values() = revisions.back().values();
    found = std::move(gone);
  }
  TRY_ASSIGN(Json json, to_json(*found));
  Json list = Json::array();
  for (const wire::Revision& revision : revisions) list.push_back(revision_json(revision));
  json["revisions"] = std::move(list);
  return json;
}

Result<Json> HistoryVerbs::search(const Json& args) {
  TRY_ASSIGN(const wire::RecordKind kind, kind_of(args));
  const std::string typed = text_of(args, "text");
  if (typed.empty()) return Error{Code::kInvalid, "there is nothing to search for"};
  TRY_ASSIGN(const auto found, search_.find(kind, typed, rows_of(args)));
  Json rows = Json::array();
  for (const store::StoredRecord& one : found) {
    TRY_ASSIGN(Json json, to_json(one));
    rows.push_back(std::move(json));
  }
  return Json{{"records", std::move(rows)}};
}

/// Writes a record from `fields`: a new one in `slice`, or, with `id`, what differs of that one.
Result<Json> HistoryVerbs::set(const Json& args) {
  TRY_ASSIGN(const wire::RecordKind kind, kind_of(args));
  if (kind == wire::ITEM || kind == wire::OPERATION) {
    return Error{Code::kDenied,
                 "collaboration is written by sending messages: yizhan new question"};
  }
  const auto given = args.find("fields");
  if (given == args.end() || !given->is_object()) {
    return Error{Code::kInvalid, "`fields` is missing: names and texts"};
  }
  wire::Record record = wire::make_record(kind);
  std::string slice = text_of(args, "slice");
  wire::Record before = record;
  const bool is_new = !args.contains("id");
  if (!is_new) {
    TRY_ASSIGN(const store::StoredRecord known, record_of(args));
    before = record = known.record;
    TRY_ASSIGN(slice, slice_name(known.slice));
  }
  const auto fields = wire::fields_of(kind);
  for (const auto& [name, text] : given->items()) {
    const auto field =
        std::find_if(fields.begin(), fields.end(),
                     [&key = name](const wire::Field& one) { return key == one.name; });
    if (field == fields.end() || !text.is_string()) {
      return Error{Code::kInvalid, "a " + std::string(record_kind_name(kind)) + " has no field '" +
                                       name + "'"};
    }
    if (!is_new && field->group == wire::FieldGroup::kKey) {
      return Error{Code::kInvalid, "'" + name + "' says what the record is about and cannot be "
                                   "changed; delete it and write another one"};
    }
    wire::set_value(&record, static_cast<int>(field - fields.begin()), text.get<std::string>());
  }
  wire::Change change;
  change.set_groups(is_new ? wire::kAllGroups : changed_groups(before, record));
  record.set_deleted(false);
  stamp(&record, context_.options.user, context_.now.wall, is_new);
  if ((change.groups() & wire::bit(wire::FieldGroup::kStatus)) != 0 || is_new) {
    change.set_groups(change.groups() | wire::bit(wire::FieldGroup::kStatus));
  }
  *change.mutable_record() = record;
  std::vector<wire::Change> changes;
  if (is_new) wire::set_record_id(change.mutable_record(), slice);
  const std::string id = wire::record_id_hex(change.record().id());
  changes.push_back(std::move(change));
  TRY(records_.change(slice, std::move(changes), store::Lane::kLive));
  return Json{{"id", id}, {"slice", slice}};
}

Result<Json> HistoryVerbs::remove(const Json& args) {
  TRY_ASSIGN(const store::StoredRecord known, record_of(args));
  TRY_ASSIGN(const std::string slice, slice_name(known.slice));
  std::vector<wire::Change> changes(1);
  *changes[0].mutable_record() = known.record;
  changes[0].mutable_record()->set_deleted(true);
  changes[0].set_groups(wire::bit(wire::FieldGroup::kDeletion));
  TRY(records_.change(slice, std::move(changes), store::Lane::kLive));
  return Json{{"id", text_of(args, "id")}, {"slice", slice}};
}

}  // namespace yizhan::agent
