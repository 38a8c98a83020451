// Verbs on one message: why rows fired on it, and why not.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/past_event.h"
#include "broker/verbs.h"
#include "rules/match.h"
#include "rules/tables.h"

namespace yizhan::broker {

using Json = nlohmann::json;

namespace {

/// So many tables back is the one looked for that was in force when a row fired.
constexpr int kMaxHistory = 1000;

}  // namespace

Verbs::Answer Verbs::why(Step&, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const store::StoredMessage stored, named_message(arguments));
  TRY_ASSIGN(const auto firings, store_->firings(stored.seq));
  TRY_ASSIGN(const auto history, store_->rules_history(kMaxHistory));
  Json list = Json::array();
  for (const store::Firing& firing : firings) {
    Json entry{{"time", format_time(from_micros(firing.fired_us))},
               {"rule", firing.rule},
               {"effect", firing.effect}};
    // The newest table that was in force then.
    for (const auto& version : history) {
      if (version.applied_us > firing.fired_us) continue;
      entry["tables"] = version.version;
      entry["author"] = version.author;
      break;
    }
    list.push_back(std::move(entry));
  }
  TRY_ASSIGN(const auto effects, probes_->effects(stored.seq));
  Json outside = Json::array();
  for (const store::Effect& effect : effects) {
    outside.push_back({{"effect", effect.id},
                       {"verb", effect.verb},
                       {"rule", effect.rule},
                       {"state", store::effect_state_name(effect.state)},
                       {"attempts", effect.attempts},
                       {"result", effect.result}});
  }
  return Json{{"id", format_uuid(stored.id)},
              {"state", stored.state},
              {"fired", std::move(list)},
              {"outside", std::move(outside)}};
}

/// For every version of the message the first condition of the row that failed. It is worked out
/// from what is stored, so that it holds for any row, also of tables that are not in force; but
/// flags and counters are as they are now, so what is kept of then stands beside it.
Verbs::Answer Verbs::why_not(Step&, const Asker&, const Json& arguments) {
  std::optional<rules::Tables> own;
  TRY_ASSIGN(const rules::Tables* tables, tables_of(arguments, &own));
  const bool in_force = !own;
  TRY_ASSIGN(const std::string name, text_argument(arguments, "row"));
  const rules::Table* table = &tables->data_state;
  const rules::Row* row = table->find(name);
  if (row == nullptr) {
    table = &tables->preset;
    row = table->find(name);
  }
  if (row == nullptr) {
    return Error{Code::kNotFound, "the tables have no row \"" + name +
                                      "\" that a message is "
                                      "compared with"};
  }
  TRY_ASSIGN(store::StoredMessage stored, named_message(arguments));
  const std::string id = format_uuid(stored.id);
  std::vector<store::NonMatch> kept;
  if (in_force) {
    TRY_ASSIGN(kept, instructions_->non_matches(table == &tables->preset, name));
    std::erase_if(kept, [&](const store::NonMatch& one) { return one.message != stored.seq; });
  }
  TRY_ASSIGN(const auto versions,
             PastEvent::versions(std::move(stored), *store_, *probes_, *directory_));
  Json list = Json::array();
  for (const auto& past : versions) {
    const auto reason = table->why_not(*row, past->event());
    TRY(past->failure());
    Json entry{{"version", past->version()},
               {"state", past->state()},
               {"matched", !reason.has_value()},
               {"reason", reason.value_or("")}};
    const auto then = std::find_if(kept.begin(), kept.end(), [&](const store::NonMatch& one) {
      return one.version == past->version();
    });
    if (then != kept.end()) {
      entry["time"] = format_time(from_micros(then->at_us));
      entry["failed_then"] = then->reason;
    }
    list.push_back(std::move(entry));
  }
  return Json{{"id", id}, {"row", name}, {"versions", std::move(list)}};
}

}  // namespace yizhan::broker
