// Rows that fire outside their hours, and whose clock hours are read on.

#include "broker/activations.h"
#include "broker/instructions.h"

namespace yizhan::broker {

/// The time zone on whose clock `hours` are read. UTC if neither an
/// operator nor the agent has said where its owner lives.
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
  const auto zone = rules::Zone::named(of->hours_zone().empty() ? "UTC" : of->hours_zone());
  return zone.ok() ? *zone : rules::Zone::utc();
}

Result<std::string> Instructions::carry_out_row(Step& step, const rules::Row& row,
                                                const Order& order, std::int64_t version,
                                                Event& event, Change* change) {
  if (row.hours) {
    TRY_ASSIGN(const rules::Zone zone, zone_for(row.hours, event.subject(), 0));
    const Instant open = rules::next_open(*row.hours, zone, step.wall());
    if (open > step.wall()) {
      TRY(probes_.insert_deferred({event.subject().seq, version, order.rule, to_micros(open)}));
      hours_timer_.note(to_micros(open));
      return "waits for its hours, until " + format_time(open);
    }
  }
  return carry_out(step, order, row.commands, event, change);
}

/// The hours of a row that fired outside them have opened.
Status Instructions::carry_out_deferred(Step& step, const store::DeferredRow& deferred) {
  TRY(probes_.remove_deferred(deferred));
  const bool activation = deferred.rule.starts_with(kActivationRule);
  const std::string name =
      activation ? deferred.rule.substr(kActivationRule.size()) : deferred.rule;
  const rules::Row* row = (activation ? tables_.activation : tables_.data_state).find(name);
  TRY_ASSIGN(const auto message, load(deferred.message));
  if (!message) return {};
  store::Firing firing{deferred.message, deferred.version, deferred.rule, step.wall_us(),
                       "its hours have opened, but the tables no longer have this row"};
  if (row == nullptr) return store_.set_firing_effect(firing);

  Facts facts(store_, probes_, directory_);
  Event event(message->subject, facts, step.wall(), activation ? kActivationRule : "");
  event.for_row(name);
  Change change;
  const Order order{deferred.rule, std::to_string(deferred.version), 0};
  TRY_ASSIGN(firing.effect, carry_out(step, order, row->commands, event, &change));
  TRY(facts.failure());
  TRY(store_.set_firing_effect(firing));
  Chain chain;
  if (!activation) chain.fired.insert(name);
  return apply(step, message->subject, change, chain);
}

}  // namespace yizhan::broker
