#include "broker/seen_proof.h"

#include "broker/keyed_hash.h"

namespace yizhan::broker {

namespace {

constexpr HashPurpose kForSeen{"yizhan-sync-seen"};
constexpr std::size_t kProofBytes = 16;

}  // namespace

std::string prove_seen(const LinkKey& key, std::string_view epoch, std::uint64_t seq) {
  // The number first, and in a fixed width: no two pairs make one text.
  std::string text;
  for (std::size_t i = 0; i < sizeof seq; ++i) text += static_cast<char>(seq >> (8 * i));
  text += epoch;
  const auto hash = keyed_hash<kProofBytes>(key.data.data(), key.data.size(), kForSeen, text);
  return {hash.begin(), hash.end()};
}

bool is_seen(const LinkKey& key, std::string_view epoch, std::uint64_t seq,
             std::string_view proof) {
  const std::string made = prove_seen(key, epoch, seq);
  return proof.size() == made.size() &&
         sodium_memcmp(proof.data(), made.data(), made.size()) == 0;
}

}  // namespace yizhan::broker
