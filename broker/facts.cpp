#include "broker/facts.h"

#include <algorithm>
#include <string>

#include "wire/codec.h"

namespace yizhan::broker {

namespace {

std::optional<int> percent(const std::string& text) {
  const std::string digits = text.substr(0, text.find('%'));
  if (digits.empty() || digits.size() > 3 ||
      !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  return std::min(std::stoi(digits), 100);
}

}  // namespace

/// The value, or null after a failure, which is kept.
template <class Value>
const Value* Facts::checked(const Result<Value>& result) {
  if (result.ok()) return &*result;
  if (failure_.ok()) failure_ = result.error();
  return nullptr;
}

bool Facts::sender_has_role(store::ClientId sender, std::string_view role) {
  if (sender == 0) return false;  // the broker itself
  const Result<const store::Client*> found = directory_.client(sender);
  const auto* client = checked(found);
  return client != nullptr && (*client)->roles.contains(std::string(role));
}

bool Facts::recipient_has_role(store::MessageSeq message, std::string_view role) {
  const auto deliveries = store_.deliveries(message);
  const auto* all = checked(deliveries);
  if (all == nullptr) return false;
  return std::any_of(all->begin(), all->end(), [&](const store::Delivery& delivery) {
    return sender_has_role(delivery.client, role);
  });
}

bool Facts::has_flag(store::MessageSeq message, std::string_view flag) {
  const auto flags = probes_.flags(message);
  const auto* all = checked(flags);
  return all != nullptr && std::find(all->begin(), all->end(), flag) != all->end();
}

std::int64_t Facts::fires(store::MessageSeq message, std::string_view rule) {
  const auto firings = store_.firings(message);
  const auto* all = checked(firings);
  if (all == nullptr) return 0;
  return std::count_if(all->begin(), all->end(), [&](const store::Firing& firing) {
    // A preset's firings are its turns: "preset/offer interval 2".
    return firing.rule == rule || firing.rule.starts_with(std::string(rule) + " ");
  });
}

int Facts::attempts(store::MessageSeq message) {
  const auto deliveries = store_.deliveries(message);
  const auto* all = checked(deliveries);
  int most = 0;
  if (all != nullptr) {
    for (const store::Delivery& delivery : *all) most = std::max(most, delivery.attempts);
  }
  return most;
}

std::optional<Micros> Facts::recipient_silence(store::MessageSeq message, Instant now) {
  const auto deliveries = store_.deliveries(message);
  const auto* all = checked(deliveries);
  if (all == nullptr) return std::nullopt;
  std::optional<Micros> shortest;
  for (const store::Delivery& delivery : *all) {
    const auto silence = directory_.silence(delivery.client, now);
    const Micros* one = checked(silence);
    if (one != nullptr) shortest = std::min(shortest.value_or(*one), *one);
  }
  return shortest;
}

bool Facts::is_recipient(store::MessageSeq message, const std::string& addresses) {
  const auto resolved = directory_.resolve(addresses, 0);
  if (!resolved.ok() &&
      (resolved.error().code == Code::kInvalid || resolved.error().code == Code::kLimit)) {
    return false;  // what stands there is no address
  }
  const Directory::Resolved* const* named = checked(resolved);
  if (named == nullptr) return false;
  const auto deliveries = store_.deliveries(message);
  const auto* all = checked(deliveries);
  return all != nullptr && std::any_of(all->begin(), all->end(), [&](const store::Delivery& one) {
           return std::binary_search((*named)->clients.begin(), (*named)->clients.end(),
                                     one.client);
         });
}

std::optional<store::StoredMessage> Facts::message(const std::string& id) {
  const auto parsed = parse_uuid(id);
  if (!parsed) return std::nullopt;
  auto found = store_.message_by_id(*parsed);
  const auto* row = checked(found);
  return row == nullptr ? std::nullopt : *row;
}

std::int64_t Facts::must_read(store::ClientId reader, std::string_view project) {
  const auto count = probes_.count_must_read(reader, project);
  const auto* known = checked(count);
  return known == nullptr ? 0 : *known;
}

std::optional<std::string> Facts::run_output(store::MessageSeq message) {
  const auto effects = probes_.effects(message);
  const auto* all = checked(effects);
  if (all == nullptr) return std::nullopt;
  const store::Effect* last = nullptr;
  for (const store::Effect& effect : *all) {
    if (effect.verb == "run" && effect.ended_us > 0) last = &effect;
  }
  return last == nullptr ? std::nullopt : std::optional(last->result);
}

std::optional<int> Facts::progress(const MessageId& message) {
  const auto replies = store_.replies_to(message);
  const auto* all = checked(replies);
  if (all == nullptr) return std::nullopt;
  std::optional<int> newest;
  for (const store::StoredMessage& reply : *all) {
    wire::Body body;
    if (reply.kind != wire::STATUS || !body.ParseFromString(reply.body)) continue;
    for (const char* key : {"progress", "progress_words", "progress_segments"}) {
      const std::string* text = wire::find_entry(body, "status", key);
      const auto value = text == nullptr ? std::nullopt : percent(*text);
      if (!value) continue;
      newest = value;
      break;
    }
  }
  return newest;
}

}  // namespace yizhan::broker
