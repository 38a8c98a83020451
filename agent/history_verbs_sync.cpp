// What people ask about the synchroniser, and files that they hand over.

#include <algorithm>
#include <utility>

#include "agent/history_args.h"
#include "agent/history_verbs.h"
#include "wire/history.h"

namespace yizhan::agent {

/// All parts of a file, or none.
Result<Json> HistoryVerbs::import(const Json& args) {
  std::vector<std::pair<store::Import, std::string>> imports;
  const Json parts = args.contains("parts") ? args["parts"] : Json::array({args});
  if (!parts.is_array()) return Error{Code::kInvalid, "`parts` must be a list"};
  for (const Json& part : parts) {
    store::Import import;
    const std::string name = text_of(part, "spool");
    // A name in our own folder, so that nobody has another file taken for a spool and removed.
    if (name.empty() || name.find('/') != std::string::npos) {
      return Error{Code::kInvalid, "`spool` must name a file in the agent's import folder"};
    }
    import.spool = context_.options.state_dir + "/import/" + name;
    import.file = text_of(args, "file");
    import.records =
        static_cast<std::uint64_t>(std::max<std::int64_t>(number_of(part, "records", 0), 0));
    const std::string slice = text_of(part, "slice");
    TRY(wire::check_slice(slice));
    TRY(context_.disk.info(import.spool));
    imports.emplace_back(std::move(import), slice);
  }
  Json taken = Json::array();
  for (const auto& [import, slice] : imports) {
    TRY(imports_.begin(import, slice));
    taken.push_back({{"slice", slice}, {"records", import.records}});
  }
  return Json{{"parts", std::move(taken)}};
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
    if (slice.seed_to != 0) one["fetching_again"] = true;
    if (slice.seeded_us != 0) {
      one["fetched_again"] = {{"at", format_time(from_micros(slice.seeded_us))},
                              {"removed", slice.removed}};
    }
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
