// What operators ask and say about slices of history data.

#include <nlohmann/json.hpp>
#include <utility>

#include "broker/verbs.h"

namespace yizhan::broker {

using Json = nlohmann::json;

Verbs::Answer Verbs::slices_list(Step&, const Asker&, const Json&) {
  Json slices = Json::array();
  for (const auto& [name, slice] : history_->slices().all()) {
    Json one = {{"name", name}, {"head", slice.head}, {"purged", slice.purged}};
    for (int kind = 1; kind <= wire::kRecordKinds; ++kind) {
      const auto record_kind = static_cast<wire::RecordKind>(kind);
      TRY_ASSIGN(one[wire::record_kind_name(record_kind)],
                 history_->records().count(record_kind, slice.id));
    }
    slices.push_back(std::move(one));
  }
  Json rights = Json::array();
  for (const store::SliceRight& right : history_->slices().rights()) {
    rights.push_back({{"path", right.path},
                      {"who", right.who},
                      {"access", store::access_name(right.access)}});
  }
  TRY_ASSIGN(const std::int64_t keys,
             history_->store().mark(store::SyncServerStore::kKeysMark));
  TRY_ASSIGN(const std::int64_t held, history_->store().held());
  return Json{{"slices", std::move(slices)},
              {"rights", std::move(rights)},
              {"keys", {{"version", keys}, {"moving", keys < wire::kKeyVersion}}},
              {"held_answers", held}};
}

Verbs::Answer Verbs::slices_allow(Step& step, const Asker&, const Json& arguments) {
  store::SliceRight right;
  TRY_ASSIGN(right.path, text_argument(arguments, "path"));
  TRY_ASSIGN(right.who, text_argument(arguments, "who"));
  TRY_ASSIGN(const std::string word, text_argument(arguments, "access"));
  const auto access = store::parse_access(word);
  if (!access) {
    return Error{Code::kInvalid, "'" + word + "' is no access: write read, write or none"};
  }
  right.access = *access;
  TRY(history_->slices().allow(right));
  step.log(LogLine::kInfo, right.who + " may now " + word + " " + right.path);
  TRY(history_->on_rights(
      step, [&](const store::Client& client) { return Slices::means(right.who, client); }));
  return Json{{"path", right.path}, {"who", right.who}, {"access", word}};
}

}  // namespace yizhan::broker
