// Rows that fire outside their hours, and whose clock hours are read on.

#include <nlohmann/json.hpp>

#include "broker/instructions.h"

namespace yizhan::broker {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kActivationPrefix = "activation/";

}  // namespace

/// The time zone on whose clock `hours` are read. UTC if nobody has said where its owner lives.
Result<rules::Zone> Instructions::zone_for(const std::optional<rules::Hours>& hours,
                                           const Subject& subject, store::ClientId client) {
  if (!hours || hours->clock == rules::Hours::Clock::kZone) return rules::Zone::utc();
  store::ClientId whose = client;
  if (hours->clock == rules::Hours::Clock::kSender) {
    whose = subject.sender;
  } else if (whose == 0) {
    TRY_ASSIGN(const auto deliveries, store_.deliveries(subject.seq));
    if (!deliveries.empty()) whose = deliveries.front().client;
  }
  if (whose == 0) return rules::Zone::utc();
  TRY_ASSIGN(const store::Client* of, directory_.client(whose));
  const auto zone = rules::Zone::named(of->zone.empty() ? "UTC" : of->zone);
  return zone.ok() ? *zone : rules::Zone::utc();
}

Result<std::string> Instructions::carry_out_row(Step& step, const rules::Row& row,
                                                const Order& order, std::int64_t version,
                                                Event& event, std::string* new_state) {
  if (row.hours) {
    TRY_ASSIGN(const rules::Zone zone, zone_for(row.hours, event.subject(), 0));
    const Instant open = rules::next_open(*row.hours, zone, step.wall());
    if (open > step.wall()) {
      store::Effect effect;
      effect.message = event.subject().seq;
      effect.rule = order.rule;
      effect.verb = kDeferredRow;
      effect.spec = Json{{"version", version}}.dump();
      effect.created_us = step.wall_us();
      effect.due_us = to_micros(open);
      TRY(effects_.order(effect));
      return "waits for its hours, until " + format_time(open);
    }
  }
  return carry_out(step, order, row.commands, event, new_state);
}

Status Instructions::on_hours(Step& step, store::Effect& effect) {
  const bool activation = effect.rule.starts_with(kActivationPrefix);
  const rules::Table& table = activation ? tables_.activation : tables_.data_state;
  const rules::Row* row =
      table.find(activation ? effect.rule.substr(kActivationPrefix.size()) : effect.rule);
  TRY_ASSIGN(const auto message, load(effect.message));
  if (row == nullptr || !message) {
    effect.result = row == nullptr ? "the tables no longer have this row" : "the message is gone";
    return {};
  }
  const Json spec = Json::parse(effect.spec, nullptr, false);
  const std::int64_t version = spec.is_object() ? spec.value("version", std::int64_t{0}) : 0;
  Facts facts(store_, probes_, directory_);
  Event event(message->subject, facts, step.wall(), activation ? kActivationPrefix : "");
  event.for_row(row->name);
  std::string new_state;
  const Order order{effect.rule, std::to_string(version), 0};
  TRY_ASSIGN(effect.result, carry_out(step, order, row->commands, event, &new_state));
  TRY(facts.failure());
  TRY(store_.set_firing_effect(
      {effect.message, version, effect.rule, step.wall_us(), effect.result}));
  if (new_state.empty()) return {};
  Chain chain;
  chain.fired.insert(row->name);
  return change_state(step, message->subject, new_state, effect.rule, chain);
}

}  // namespace yizhan::broker
