// Verbs on messages: where they are, what happened to them, and what to do with the dead.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "broker/reports.h"
#include "broker/verbs.h"
#include "store/row_hash.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

using Json = nlohmann::json;

namespace {

constexpr int kDefaultList = 50;
constexpr int kLongestList = 1000;

std::string time_text(std::int64_t us) {
  return format_time(from_micros(us));
}

/// The message without its body; empty if what is stored cannot be read.
wire::Message envelope_of(const store::StoredMessage& stored) {
  wire::Message envelope;
  if (!read_envelope(stored, &envelope)) envelope.Clear();
  return envelope;
}

Json summary(const store::StoredMessage& stored, const wire::Message& envelope) {
  if (stored.damaged) {
    return Json{
        {"id", format_uuid(stored.id)}, {"state", "damaged"}, {"reason", store::kDamagedRow}};
  }
  return Json{{"id", format_uuid(stored.id)},
              {"kind", wire::kind_name(stored.kind)},
              {"state", stored.state},
              {"sender", envelope.sender()},
              {"recipient", envelope.recipient()},
              {"stored", time_text(stored.stored_us)}};
}

void sort_by_time(Json* events) {
  std::stable_sort(events->begin(), events->end(), [](const Json& a, const Json& b) {
    return a["time"].get_ref<const std::string&>() < b["time"].get_ref<const std::string&>();
  });
}

int limit_of(const Json& arguments) {
  const auto found = arguments.find("limit");
  if (found == arguments.end() || !found->is_number_integer()) return kDefaultList;
  return static_cast<int>(std::clamp<std::int64_t>(found->get<std::int64_t>(), 1, kLongestList));
}

}  // namespace

Result<store::StoredMessage> Verbs::named_message(const Json& arguments) {
  TRY_ASSIGN(const std::string text, text_argument(arguments, "id"));
  const std::optional<MessageId> id = parse_uuid(text);
  if (!id) return Error{Code::kInvalid, "\"" + text + "\" is not the id of a message (a UUID)"};
  TRY_ASSIGN(auto stored, store_->message_by_id(*id));
  if (!stored) return Error{Code::kNotFound, "the broker has no message " + text};
  return std::move(*stored);
}

Verbs::Answer Verbs::tasks_list(Step&, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const auto messages, store_->recent_messages(0, limit_of(arguments)));
  Json list = Json::array();
  for (const store::StoredMessage& stored : messages) {
    list.push_back(summary(stored, envelope_of(stored)));
  }
  return Json{{"tasks", std::move(list)}};
}

Verbs::Answer Verbs::trace(Step&, const Asker& asker, const Json& arguments) {
  TRY_ASSIGN(const store::StoredMessage stored, named_message(arguments));
  TRY_ASSIGN(const auto deliveries, store_->deliveries(stored.seq));
  const bool party =
      asker.admin || stored.sender == asker.client ||
      std::any_of(deliveries.begin(), deliveries.end(),
                  [&](const store::Delivery& d) { return d.client == asker.client; });
  if (!party) return Error{Code::kDenied, "you neither sent nor received this message"};
  const wire::Message envelope = envelope_of(stored);
  Json json = summary(stored, envelope);
  Json events = Json::array();
  const auto add = [&](std::int64_t us, const std::string& what, const std::string& whom,
                       const std::string& detail) {
    events.push_back({{"time", time_text(us)},
                      {"at", "broker"},
                      {"what", what},
                      {"whom", whom},
                      {"detail", detail}});
  };
  if (!stored.damaged) add(stored.stored_us, "stored", envelope.sender(), "");
  Json recipients = Json::array();
  for (const store::Delivery& delivery : deliveries) {
    TRY_ASSIGN(const store::Client* client, directory_->client(delivery.client));
    const std::string whom = Directory::address_of(*client);
    recipients.push_back({{"address", whom},
                          {"code", client->code},
                          {"state", store::delivery_state_name(delivery.state)},
                          {"reason", delivery.reason},
                          {"attempts", delivery.attempts},
                          {"cause", delivery.cause}});
    add(delivery.queued_us, "queued", whom,
        delivery.cause.empty() ? "" : "by rule " + delivery.cause);
    if (delivery.delivered_us != 0) add(delivery.delivered_us, "delivered", whom, "");
    if (delivery.state == store::DeliveryState::kDead ||
        delivery.state == store::DeliveryState::kExpired) {
      add(delivery.state_us, store::delivery_state_name(delivery.state), whom, delivery.reason);
    }
  }
  TRY_ASSIGN(const auto firings, store_->firings(stored.seq));
  for (const store::Firing& firing : firings) {
    add(firing.fired_us, "rule " + firing.rule, "", firing.effect);
  }
  TRY_ASSIGN(const auto replies, store_->replies_to(stored.id));
  for (const store::StoredMessage& reply : replies) {
    if (reply.damaged) continue;
    const wire::Message about = envelope_of(reply);
    if (!wire::is_report(reply.kind)) {
      add(reply.stored_us, std::string(wire::kind_name(reply.kind)), about.sender(),
          format_uuid(reply.id));
    } else if (const auto reported = read_report(about, reply.body);
               reported && reply.sender != 0) {
      add(reply.stored_us, reported->data_state, about.sender(), reported->reason);
    }
  }
  sort_by_time(&events);
  json["recipients"] = std::move(recipients);
  json["events"] = std::move(events);
  return json;
}

Verbs::Answer Verbs::dead_list(Step&, const Asker&, const Json& arguments) {
  TRY_ASSIGN(const auto dead, store_->dead_deliveries(limit_of(arguments)));
  Json list = Json::array();
  for (const store::Delivery& delivery : dead) {
    TRY_ASSIGN(const auto stored, store_->message(delivery.message));
    TRY_ASSIGN(const store::Client* client, directory_->client(delivery.client));
    if (!stored) continue;
    Json entry = summary(*stored, envelope_of(*stored));
    entry["client"] = Directory::address_of(*client);
    entry["code"] = client->code;
    entry["since"] = time_text(delivery.state_us);
    entry["attempts"] = delivery.attempts;
    entry["reason"] = delivery.reason;
    list.push_back(std::move(entry));
  }
  return Json{{"dead", std::move(list)}};
}

Verbs::Answer Verbs::finish_dead(Step& step, const Json& arguments, bool retry) {
  TRY_ASSIGN(const store::StoredMessage stored, named_message(arguments));
  if (retry && stored.damaged) {
    return Error{Code::kInvalid, std::string(store::kDamagedRow) +
                                     "; ask its sender to send it again under a new id, and drop "
                                     "this one: yizhan dead drop " +
                                     format_uuid(stored.id)};
  }
  TRY_ASSIGN(const auto deliveries, store_->deliveries(stored.seq));
  int count = 0;
  int full = 0;
  for (store::Delivery delivery : deliveries) {
    if (delivery.state != store::DeliveryState::kDead) continue;
    if (retry) {
      TRY_ASSIGN(const bool room, mailboxes_->has_room(step, delivery.client, stored.id));
      if (!room) {
        ++full;
        continue;
      }
    }
    ++count;
    delivery.state_us = step.wall_us();
    if (retry) {
      delivery.state = store::DeliveryState::kQueued;
      delivery.attempts = 0;
      delivery.reason.clear();
    } else {
      delivery.state = store::DeliveryState::kExpired;
      delivery.reason = "dropped by an operator; was dead: " + delivery.reason;
    }
    TRY(store_->update_delivery(delivery));
    if (retry) sessions_->mark_mail(delivery.client, stored.seq);
  }
  if (count == 0 && full > 0) {
    return Error{Code::kLimit,
                 "it stays dead: its recipient's mailbox is full; make room there, or "
                 "raise max_mailbox in broker.ini"};
  }
  if (count == 0) return Error{Code::kNotFound, "no delivery of this message is dead"};
  return Json{{"id", format_uuid(stored.id)}, {retry ? "retried" : "dropped", count}};
}

Verbs::Answer Verbs::dead_retry(Step& step, const Asker&, const Json& arguments) {
  return finish_dead(step, arguments, true);
}

Verbs::Answer Verbs::dead_drop(Step& step, const Asker&, const Json& arguments) {
  return finish_dead(step, arguments, false);
}

}  // namespace yizhan::broker
