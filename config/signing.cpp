#include "config/signing.h"

#include <sodium.h>

#include <array>

#include "config/base64.h"
#include "config/daemon.h"
#include "config/keys.h"

namespace yizhan {

namespace {

constexpr std::size_t kSignatureText = 88;  // of base64 with its padding

struct Expanded {
  VerifyKey public_key;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};

  explicit Expanded(const SigningSeed& seed) {
    crypto_sign_seed_keypair(public_key.data.data(), secret.data(), seed.data.data());
  }
  Expanded(const Expanded&) = delete;
  Expanded& operator=(const Expanded&) = delete;
  ~Expanded() { sodium_memzero(secret.data(), secret.size()); }
};

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

SigningKey signing_key_from(const SigningSeed& seed) {
  return {Expanded(seed).public_key, seed};
}

Result<SigningKey> load_or_create_signing_key(const std::string& path) {
  Result<KeyPair> key = load_key(path);
  if (!key.ok() && key.error().code == Code::kNotFound) {
    // A person's commands have no daemon's lock; of two, one must not sign with a lost key.
    TRY_ASSIGN(const InstanceLock lock, InstanceLock::acquire(path + ".lock"));
    key = load_or_create_key(path);
  }
  if (!key.ok()) return key.error();
  return signing_key_from(*SigningSeed::from(key->secret_key.view()));
}

Signature sign(const SigningKey& key, std::string_view bytes) {
  const Expanded expanded(key.seed);
  Signature signature;
  crypto_sign_detached(signature.data.data(), nullptr, raw(bytes), bytes.size(),
                       expanded.secret.data());
  return signature;
}

bool is_signed(const VerifyKey& key, std::string_view bytes, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data.data(), raw(bytes), bytes.size(),
                                     key.data.data()) == 0;
}

std::string key_id(const VerifyKey& key) {
  return unique_code(*PublicKey::from(key.view()));
}

std::string format_verify_key(const VerifyKey& key) {
  return to_z85(key.view());
}

std::optional<VerifyKey> parse_verify_key(std::string_view text) {
  const auto bytes = public_key_from_z85(text);
  if (!bytes) return std::nullopt;
  // Half of all 32 bytes are no point of the curve: a broker's key given here by mistake, mostly.
  if (crypto_core_ed25519_is_valid_point(bytes->data.data()) != 1) return std::nullopt;
  return VerifyKey::from(bytes->view());
}

std::string format_signature(const Signature& signature) {
  return to_base64(signature.view());
}

std::optional<Signature> parse_signature(std::string_view text) {
  if (text.size() != kSignatureText) return std::nullopt;
  const auto bytes = from_base64(text);
  return bytes ? Signature::from(*bytes) : std::nullopt;
}

}  // namespace yizhan
