#pragma once
// How an agent proves what it had been told by a server that has forgotten it since: with a keyed
// hash of the epoch and the number, which the server made when it told. Without that, whoever says
// that the server was restored could write what others are to have written. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/probe_link.h"

namespace yizhan::broker {

/// 16 bytes. The same arguments, the same proof.
std::string prove_seen(const LinkKey& key, std::string_view epoch, std::uint64_t seq);

/// Whether prove_seen made `proof` of these; whatever was sent may be asked about.
bool is_seen(const LinkKey& key, std::string_view epoch, std::uint64_t seq, std::string_view proof);

}  // namespace yizhan::broker
