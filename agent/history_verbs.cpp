#include "agent/history_verbs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "wire/history.h"
#include "wire/limits.h"

namespace yizhan::agent {
namespace {

constexpr int kDefaultRows = 50;
constexpr int kMaxRows = 1000;
constexpr std::size_t kAnswerBytes = wire::kMaxReplyJsonBytes / 2;  // a page of rows ends here

std::string text_of(const Json& args, const char* name) {
  const auto found = args.find(name);
  return found != args.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::int64_t number_of(const Json& args, const char* name, std::int64_t otherwise) {
  const auto found = args.find(name);
  if (found == args.end()) return otherwise;
  if (found->is_number_integer()) return found->get<std::int64_t>();
  if (!found->is_string()) return otherwise;
  return number_in(found->get_ref<const std::string&>());  // a word of the command line
}

int rows_of(const Json& args) {
  return static_cast<int>(std::clamp<std::int64_t>(number_of(args, "limit", kDefaultRows), 1,
                                                   kMaxRows));
}

Result<wire::RecordKind> kind_of(const Json& args) {
  const std::string word = text_of(args, "kind");
  if (const auto kind = wire::parse_record_kind(word)) return *kind;
  return Error{Code::kInvalid, "'" + word + "' is no kind of record; write unit, concept, term, "
                               "item or operation"};
}

template <class Values>
Json fields_json(wire::RecordKind kind, const Values& values) {
  Json json = Json::object();
  const auto fields = wire::fields_of(kind);
  for (std::size_t i = 0; i < fields.size() && static_cast<int>(i) < values.size(); ++i) {
    const std::string& text = values.Get(static_cast<int>(i));
    if (!text.empty()) json[fields[i].name] = text;
  }
  return json;
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
  const wire::Record& record = stored.record;
  TRY_ASSIGN(const std::string slice, slice_name(stored.slice));
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
        return Json{{"records", std::move(rows)}, {"next", std::to_string(at) + "@" + slice.name}};
      }
      std::int64_t last = at;
      TRY_ASSIGN(const auto found, records_.records().walk(kind, slice.id, 0, &last,
                                                           static_cast<int>(limit - rows.size())));
      if (found.empty()) break;
      for (const store::StoredRecord& one : found) {
        if (bytes > kAnswerBytes) break;
        at = one.n;
        if (one.record.deleted() && !deleted) continue;
        TRY_ASSIGN(Json json, to_json(one));
        bytes += json.dump().size();
        rows.push_back(std::move(json));
      }
    }
  }
  return Json{{"records", std::move(rows)}, {"next", ""}};
}

Result<Json> HistoryVerbs::show(const Json& args) {
  TRY_ASSIGN(const store::StoredRecord found, record_of(args));
  TRY_ASSIGN(Json json, to_json(found));
  TRY_ASSIGN(const auto revisions, records_.records().revisions(found.record.id()));
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
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const wire::Field& one) { return name == one.name; });
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
  wire::set_record_id(change.mutable_record(), slice);
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

Result<Json> HistoryVerbs::import(const Json& args) {
  store::Import import;
  const std::string name = text_of(args, "spool");
  // A name in our own folder, so that nobody has another file taken for a spool and removed.
  if (name.empty() || name.find('/') != std::string::npos) {
    return Error{Code::kInvalid, "`spool` must name a file in the agent's import folder"};
  }
  import.spool = context_.options.state_dir + "/import/" + name;
  import.file = text_of(args, "file");
  import.records =
      static_cast<std::uint64_t>(std::max<std::int64_t>(number_of(args, "records", 0), 0));
  const std::string slice = text_of(args, "slice");
  TRY(wire::check_slice(slice));
  TRY(imports_.begin(import, slice));
  return Json{{"slice", slice}, {"records", import.records}};
}

Result<Json> HistoryVerbs::status(const Json& args) {
  TRY_ASSIGN(const auto slices, records_.store().slices());
  TRY_ASSIGN(const auto backlog, records_.store().backlog());
  Json list = Json::array();
  for (const store::FollowedSlice& slice : slices) {
    Json one = {{"name", slice.name},
                {"access", slice.access == 2 ? "write" : slice.access == 1 ? "read" : "none"},
                {"cursor", slice.cursor},
                {"head", slice.head},
                {"lag", slice.head - std::min(slice.cursor, slice.head)}};
    if (args.value("count", false)) {
      for (int kind = 1; kind <= wire::kRecordKinds; ++kind) {
        const auto record_kind = static_cast<wire::RecordKind>(kind);
        TRY_ASSIGN(one[record_kind_name(record_kind)],
                   records_.count(record_kind, slice.id));
      }
    }
    list.push_back(std::move(one));
  }
  Json imports = Json::array();
  for (const store::Import& import : imports_.waiting()) {
    imports.push_back({{"file", import.file}, {"records", import.records}, {"done", import.done}});
  }
  return Json{{"open", sync_.is_open()},
              {"database", sync_.database_hex()},
              {"rank", sync_.rank()},
              {"busy", sync_.is_busy()},
              {"taken", sync_.records_taken()},
              {"slices", std::move(list)},
              {"writable", sync_.writable_paths()},
              {"backlog", {{"pushes", backlog.pushes},
                           {"changes", backlog.changes},
                           {"parked", backlog.parked},
                           {"oldest", backlog.oldest_us == 0
                                          ? Json(nullptr)
                                          : Json(format_time(from_micros(backlog.oldest_us)))}}},
              {"imports", std::move(imports)}};
}

Result<Json> HistoryVerbs::parked(const Json& args) {
  TRY_ASSIGN(const auto pushes, records_.store().parked(rows_of(args)));
  Json list = Json::array();
  for (const store::Push& push : pushes) {
    TRY_ASSIGN(const std::string slice, slice_name(push.slice));
    wire::SyncPush content;
    Json first = nullptr;
    if (content.ParseFromString(push.content) && content.changes_size() > 0) {
      const wire::Record& record = content.changes(0).record();
      first = fields_json(record.kind(), record.values());
    }
    list.push_back({{"n", push.n},
                    {"slice", slice},
                    {"changes", push.changes},
                    {"reason", push.reason},
                    {"since", format_time(from_micros(push.created_us))},
                    {"first", std::move(first)}});
  }
  return Json{{"parked", std::move(list)}};
}

Result<store::Push> HistoryVerbs::parked_push(const Json& args) {
  const std::int64_t n = number_of(args, "n", 0);
  TRY_ASSIGN(auto pushes, records_.store().parked(kMaxRows));
  for (store::Push& push : pushes) {
    if (push.n == n) return std::move(push);
  }
  return Error{Code::kNotFound, "nothing is parked under number " + std::to_string(n) +
                                    "; `yizhan sync parked` shows what is"};
}

Result<Json> HistoryVerbs::retry(const Json& args) {
  TRY_ASSIGN(const store::Push push, parked_push(args));
  TRY(sync_.retry(push));
  return Json{{"n", number_of(args, "n", 0)}};
}

Result<Json> HistoryVerbs::drop(const Json& args) {
  TRY_ASSIGN(const store::Push push, parked_push(args));
  TRY(sync_.drop(push));
  return Json{{"n", number_of(args, "n", 0)}};
}

}  // namespace yizhan::agent
