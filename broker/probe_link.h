#pragma once
// Links that a probe sends: https://relay.example.com/p/TOKEN. The token names the probe and the
// client and carries a keyed hash, so that nobody can make or change one; a page shown for it
// carries a nonce, so that only somebody who loaded the page can answer. Pure: no clock, no store.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "config/ids.h"
#include "config/time.h"
#include "store/probe_store.h"

namespace yizhan::broker {

/// No token or nonce that is made is longer, and nothing longer is read.
inline constexpr std::size_t kMaxTokenBytes = 60;
/// How old a nonce may be: longer than anybody reads, shorter than a page lies in a cache.
inline constexpr Micros kNonceLife = std::chrono::hours{1};
/// A nonce may be this far in the future: several brokers serve one link, and clocks differ.
inline constexpr Micros kNonceClockTolerance = std::chrono::minutes{1};

/// What links are signed with, and proofs of what agents were told (seen_proof.h). All brokers of
/// one database must have the same secret key.
struct LinkKey {
  std::array<unsigned char, 32> data{};

  /// A function of the broker's secret key that does not reveal it.
  static LinkKey derive(const SecretKey& broker);
};

/// What a token names. `client` is 0 if the link is not for a certain client.
struct LinkTarget {
  store::ProbeId probe = 0;
  store::ClientId client = 0;
  bool operator==(const LinkTarget&) const = default;
};

/// 43 characters of base64url: the ids and 128 bits of hash. The same arguments, the same token.
std::string make_token(const LinkKey& key, const LinkTarget& target);

/// What make_token was given, or empty for anything else. Takes the same time whatever is wrong.
std::optional<LinkTarget> read_token(const LinkKey& key, std::string_view token);

/// 32 characters of base64url for a page that shows `token` at `now`.
std::string make_nonce(const LinkKey& key, std::string_view token, Instant now);

/// Whether `nonce` was made for this token at most kNonceLife before `now`.
bool check_nonce(const LinkKey& key, std::string_view token, std::string_view nonce, Instant now);

}  // namespace yizhan::broker
