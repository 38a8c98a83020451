#pragma once
// Who an address means, and who is there: addresses to accepted clients, cached between changes of
// the clients table.

#include <map>
#include <string>
#include <vector>

#include "broker/sessions.h"
#include "config/result.h"
#include "config/time.h"
#include "store/server_store.h"
#include "wire/address.h"

namespace yizhan::broker {

class Directory {
 public:
  /// Both outlive it.
  Directory(store::ServerStore& store, Sessions& sessions) : store_(&store), sessions_(&sessions) {}

  struct Resolved {
    std::vector<store::ClientId> clients;  ///< ascending, none twice
    std::vector<std::string> nobody;       ///< addresses that matched no accepted client
  };
  /// Everybody the list means. Role and group addresses leave out `sender` (who writes to a group
  /// does not write to himself); user, code, mac and ip do not. kInvalid if the list does not
  /// parse, kLimit past wire::kMaxRecipients.
  /// The answer lives until the next forget(), or the next call of resolve().
  Result<const Resolved*> resolve(const std::string& list, store::ClientId sender);

  /// A client's row, cached; lives until the next forget(). kNotFound if there is none.
  Result<const store::Client*> client(store::ClientId id);

  /// From `now` on it is known who is there: the broker has started.
  void watch_from(Now now) { since_us_ = to_micros(now.wall); }
  /// How long nothing was heard of `id`; 0 while it is connected. No longer than it is watched.
  Result<Micros> silence(store::ClientId id, Instant now);
  /// Stores when those were last heard whose sessions have ended. In the step's transaction.
  Status note_ended(Now now);

  /// "user:li.wei", or "code:…" for a client without a user: how a sender is stamped.
  static std::string address_of(const store::Client& client);

  /// Call after any change to clients.
  void forget() {
    lists_.clear();
    cached_lists_ = 0;
    clients_.clear();
  }

 private:
  store::ServerStore* store_;
  Sessions* sessions_;
  std::int64_t since_us_ = 0;
  std::map<store::ClientId, std::map<std::string, Resolved>> lists_;  // by sender, then list
  std::size_t cached_lists_ = 0;
  std::map<store::ClientId, store::Client> clients_;
};

}  // namespace yizhan::broker
