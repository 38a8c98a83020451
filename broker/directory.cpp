#include "broker/directory.h"

#include <algorithm>
#include <set>

#include "wire/limits.h"

namespace yizhan::broker {

namespace {
// A cache of lists that people type; past this it starts anew rather than growing for ever.
constexpr std::size_t kMaxCachedLists = 10'000;

bool leaves_out_sender(const wire::Address& address) {
  return address.kind == "role" || address.kind == "group";
}
}  // namespace

std::string Directory::address_of(const store::Client& client) {
  return client.user.empty() ? "code:" + client.code : "user:" + client.user;
}

Result<const store::Client*> Directory::client(store::ClientId id) {
  const auto cached = clients_.find(id);
  if (cached != clients_.end()) return &cached->second;
  TRY_ASSIGN(std::optional<store::Client> client, store_->client_by_id(id));
  if (!client) return Error{Code::kNotFound, "no client with number " + std::to_string(id)};
  return &clients_.emplace(id, std::move(*client)).first->second;
}

Result<Micros> Directory::silence(store::ClientId id, Instant now) {
  if (sessions_->has_client(id)) return Micros{0};
  TRY_ASSIGN(const store::Client* of, client(id));
  const std::int64_t since_us = std::max(of->last_seen_us, since_us_);
  return Micros{std::max<std::int64_t>(0, to_micros(now) - since_us)};
}

Status Directory::note_ended(Now now) {
  for (const auto& [id, heard] : sessions_->take_ended()) {
    const std::int64_t heard_us = to_micros(now.wall - (now.steady - heard));
    const Status written = store_->touch_client(id, heard_us);
    if (!written.ok() && written.error().code != Code::kNotFound) return written;
    if (const auto known = clients_.find(id); known != clients_.end()) {
      known->second.last_seen_us = heard_us;
    }
  }
  return {};
}

Result<const Directory::Resolved*> Directory::resolve(const std::string& list,
                                                      store::ClientId sender) {
  if (const auto by_sender = lists_.find(sender); by_sender != lists_.end()) {
    const auto cached = by_sender->second.find(list);
    if (cached != by_sender->second.end()) return &cached->second;
  }

  TRY_ASSIGN(const std::vector<wire::Address> addresses, wire::parse_addresses(list));
  std::set<store::ClientId> found;
  Resolved resolved;
  for (const wire::Address& address : addresses) {
    TRY_ASSIGN(std::vector<store::ClientId> ids, store_->find_clients(address.kind, address.value));
    if (leaves_out_sender(address)) std::erase(ids, sender);
    if (ids.empty()) resolved.nobody.push_back(wire::format_address(address));
    found.insert(ids.begin(), ids.end());
    if (found.size() > wire::kMaxRecipients) {
      return Error{Code::kLimit, "the recipients are more than " +
                                     std::to_string(wire::kMaxRecipients) + " clients"};
    }
  }
  resolved.clients.assign(found.begin(), found.end());
  if (cached_lists_++ >= kMaxCachedLists) {
    lists_.clear();
    cached_lists_ = 1;
  }
  return &lists_[sender].emplace(list, std::move(resolved)).first->second;
}

}  // namespace yizhan::broker
