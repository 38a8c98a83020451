#pragma once
// Ed25519: who wrote these bytes, for whoever was told the signer's public key. A signing key is
// not the identity that the broker knows (config/keys.h); it vouches for files that come past it.

#include <optional>
#include <string>
#include <string_view>

#include "config/ids.h"
#include "config/result.h"

namespace yizhan {

using VerifyKey = Bytes<struct VerifyKeyTag, 32>;      ///< public: what others are told
using SigningSeed = Bytes<struct SigningSeedTag, 32>;  ///< secret: all of the key follows from it
using Signature = Bytes<struct SignatureTag, 64>;

struct SigningKey {
  VerifyKey public_key;
  SigningSeed seed;
};

SigningKey signing_key_from(const SigningSeed& seed);

/// The key at `path`: one line, the seed in Z85, 0600. A missing file is made, durably, with a new
/// random key. kConflict while another process makes it; kDenied if the file may be read by group
/// or others; kCorrupt if it holds anything else; kIo.
Result<SigningKey> load_or_create_signing_key(const std::string& path);

Signature sign(const SigningKey& key, std::string_view bytes);

/// Whether the owner of `key` signed exactly these bytes.
bool is_signed(const VerifyKey& key, std::string_view bytes, const Signature& signature);

/// By which a file names its signer's key: 16 Crockford digits like those of unique_code().
std::string key_id(const VerifyKey& key);

/// 40 characters of Z85 and back; empty if it is not that, or no key that can verify anything.
std::string format_verify_key(const VerifyKey& key);
std::optional<VerifyKey> parse_verify_key(std::string_view text);

/// Standard base64 with padding, 88 characters; empty if not exactly that.
std::string format_signature(const Signature& signature);
std::optional<Signature> parse_signature(std::string_view text);

}  // namespace yizhan
