// Commands about who has a message: reminding of it, and taking it back.

#include <string>
#include <utility>

#include "broker/command_call.h"
#include "wire/broker_words.h"
#include "wire/codec.h"

namespace yizhan::broker {
namespace {

constexpr const char* kReminderEvent = "reminder";

/// Whether somebody has a message and has not come to its end.
bool is_reminded(store::DeliveryState state) {
  using store::DeliveryState;
  return state == DeliveryState::kDelivered || state == DeliveryState::kOpened ||
         state == DeliveryState::kAccepted || state == DeliveryState::kStarted;
}

}  // namespace

/// `delivery` is over, for `reason`.
Status Commands::expire(Call& call, store::Delivery delivery, const std::string& reason) {
  delivery.state = store::DeliveryState::kExpired;
  delivery.state_us = call.step.wall_us();
  delivery.reason = reason;
  return store_.update_delivery(delivery);
}

/// Takes the message back from who has not got it yet.
Status Commands::withdraw(Call& call, const std::string& reason, int* waiting) {
  TRY_ASSIGN(const auto deliveries, store_.deliveries(call.subject().seq));
  for (const store::Delivery& delivery : deliveries) {
    if (delivery.state != store::DeliveryState::kQueued) continue;
    TRY(expire(call, delivery, reason));
    ++*waiting;
  }
  return {};
}

Commands::Answer Commands::recall(Call& call) {
  int waiting = 0;
  TRY(withdraw(call, "recalled by rule " + call.order.rule, &waiting));
  TRY_ASSIGN(std::string recipient, value(call, "recipient"));
  const std::string taken_back = "recall: taken back from " + clients_in_words(waiting);
  if (recipient.empty()) {
    // Whoever has it is told, whatever address it once was sent to.
    TRY_ASSIGN(const auto deliveries, store_.deliveries(call.subject().seq));
    for (const store::Delivery& delivery : deliveries) {
      if (delivery.delivered_us == 0) continue;
      TRY_ASSIGN(const store::Client* client, directory_.client(delivery.client));
      // Who was first to accept is not told that the offer is gone.
      if (call.event.get("activation.code") == client->code) continue;
      recipient += (recipient.empty() ? "code:" : ", code:") + client->code;
    }
    if (recipient.empty()) return taken_back;
  }
  TRY_ASSIGN(const std::string said, say(call, recipient, "withdrawn"));
  TRY_ASSIGN(const Directory::Resolved* resolved, resolve(call, recipient));
  TRY(end_recalled(call, resolved->clients));
  return taken_back + "; " + said;
}

/// Those who had it and are told that it is gone are not reminded of it. What they still say of it
/// counts: an offer may be accepted too late, before anybody else.
Status Commands::end_recalled(Call& call, const std::vector<store::ClientId>& told) {
  for (const store::ClientId client : told) {
    TRY_ASSIGN(const auto delivery, store_.delivery(call.subject().seq, client));
    if (!delivery || !is_reminded(delivery->state)) continue;
    TRY(expire(call, *delivery, "recalled by rule " + call.order.rule));
  }
  return {};
}

Commands::Answer Commands::resend(Call& call) {
  TRY_ASSIGN(const auto deliveries, store_.deliveries(call.subject().seq));
  int waiting = 0;
  std::string have_it;
  for (const store::Delivery& delivery : deliveries) {
    if (call.order.client != 0 && delivery.client != call.order.client) continue;
    if (delivery.state == store::DeliveryState::kQueued) {
      ++waiting;  // on its way already; a session that is there gets it again
      if (Session* session = sessions_.by_client(delivery.client)) {
        if (!session->in_flight.contains(delivery.message)) {
          sessions_.mark_mail(delivery.client, delivery.message);
        }
      }
    } else if (is_reminded(delivery.state)) {
      TRY_ASSIGN(const store::Client* client, directory_.client(delivery.client));
      have_it += (have_it.empty() ? "code:" : ", code:") + client->code;
    }
  }
  std::string effect = "resend: waits for " + clients_in_words(waiting);
  if (have_it.empty()) return effect;
  TRY(drop_reminders(call));
  // Who has the message does not get it twice, but is reminded of it.
  TRY_ASSIGN(const std::string reminded, say(call, have_it, kReminderEvent));
  return effect + "; " + reminded;
}

/// A reminder that still waits for its recipient is out of date when the next one goes out: whoever
/// was away for a day is reminded once.
Status Commands::drop_reminders(Call& call) {
  TRY_ASSIGN(const auto said, store_.replies_to(call.subject().id));
  for (const store::StoredMessage& one : said) {
    wire::Body body;
    // Those of this very step are all wanted (catch_up = all).
    if (one.stored_us == call.step.wall_us() || one.sender != 0 || one.kind != wire::RECEIPT ||
        !body.ParseFromString(one.body) ||
        wire::entry_of(body, "receipt", "event") != kReminderEvent) {
      continue;
    }
    TRY_ASSIGN(const auto deliveries, store_.deliveries(one.seq));
    for (const store::Delivery& delivery : deliveries) {
      if (delivery.state != store::DeliveryState::kQueued) continue;
      if (call.order.client != 0 && delivery.client != call.order.client) continue;
      TRY(expire(call, delivery, "a newer reminder has followed"));
    }
  }
  return {};
}

Commands::Answer Commands::quarantine(Call& call) {
  TRY_ASSIGN(const std::string reason, value(call, "reason"));
  int waiting = 0;
  TRY(withdraw(call, "quarantined: " + reason, &waiting));
  TRY_ASSIGN(call.outcome.changed, probes_.set_flag(call.subject().seq, "quarantined", true));
  call.outcome.aside = true;
  std::string effect = "quarantine: held back from " + clients_in_words(waiting);
  if (call.subject().sender == 0) return effect;
  // Whoever sent it must not believe that it has arrived.
  TRY_ASSIGN(const store::Client* sender, directory_.client(call.subject().sender));
  TRY_ASSIGN(const std::string said,
             say(call, "code:" + sender->code, wire::kQuarantinedEvent, reason));
  return effect + "; " + said;
}

/// Everybody who has the message is told to remove it; the broker's own copy goes with retention.
Commands::Answer Commands::purge(Call& call) {
  int waiting = 0;
  TRY(withdraw(call, "purged by rule " + call.order.rule, &waiting));
  TRY_ASSIGN(const auto deliveries, store_.deliveries(call.subject().seq));
  Directory::Resolved to;
  std::string recipient;
  for (const store::Delivery& delivery : deliveries) {
    if (delivery.delivered_us == 0) continue;
    TRY_ASSIGN(const store::Client* client, directory_.client(delivery.client));
    recipient += (recipient.empty() ? "code:" : ", code:") + client->code;
    to.clients.push_back(delivery.client);
  }
  TRY_ASSIGN(call.outcome.changed, probes_.set_flag(call.subject().seq, "purged", true));
  if (to.clients.empty()) return std::string("purge: nobody has it");
  const store::StoredMessage stored =
      make_command(call.subject(), call.order, recipient, "purge", {}, call.step.wall());
  TRY_ASSIGN(const store::MessageSeq seq, store_.insert_message(stored));
  return queue(call, seq, stored.id, to, clients_in_words(static_cast<int>(to.clients.size())));
}

}  // namespace yizhan::broker
