#include "config/keys.h"

#include <sodium.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "config/files.h"

namespace yizhan {

namespace {

constexpr std::size_t kMaxKeyFileBytes = 256;
constexpr mode_t kSecretMode = 0600;
constexpr mode_t kPublicMode = 0644;

std::string_view without_newline(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

KeyPair pair_of(const SecretKey& secret) {
  KeyPair pair;
  pair.secret_key = secret;
  // Fails only for a result of all zeros, which no clamped scalar gives on the base point.
  CHECK_THAT_HOLDS(crypto_scalarmult_base(pair.public_key.data.data(), secret.data.data()) == 0);
  return pair;
}

Status check_private(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    const Code code = errno == ENOENT ? Code::kNotFound : Code::kDenied;
    return Error{code, "reading key " + path + ": " + std::strerror(errno)};
  }
  if ((status.st_mode & 077) == 0) return {};
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777U);
  return Error{Code::kDenied, "reading key " + path + ": others may read it (mode " + mode +
                                  "); run: chmod 600 " + path};
}

}  // namespace

Result<KeyPair> load_key(const std::string& path) {
  TRY(check_private(path));
  const Result<std::string> text = read_file(path, kMaxKeyFileBytes);
  if (!text.ok()) {
    const bool missing = text.error().code == Code::kNotFound;
    return Error{missing ? Code::kNotFound : Code::kDenied, text.error().message};
  }
  const std::optional<PublicKey> bytes = public_key_from_z85(without_newline(*text));
  if (!bytes) {
    return Error{Code::kCorrupt, "reading key " + path +
                                     ": it does not hold one line of 40 Z85 characters; restore it "
                                     "from a backup, or remove it to become a new identity"};
  }
  return pair_of(*SecretKey::from(bytes->view()));
}

Result<KeyPair> load_or_create_key(const std::string& path) {
  Result<KeyPair> existing = load_key(path);
  if (existing.ok() || existing.error().code != Code::kNotFound) return existing;
  const SecretKey secret = *SecretKey::from(random_bytes(SecretKey::kSize));
  TRY(write_file_atomic(path, to_z85(secret.view()) + "\n", kSecretMode));
  return pair_of(secret);
}

Status write_public_key(const std::string& path, const PublicKey& key) {
  const Result<PublicKey> existing = read_public_key(path);
  if (existing.ok() && *existing == key) return {};
  return write_file_atomic(path, to_z85(key.view()) + "\n", kPublicMode);
}

Result<PublicKey> read_public_key(const std::string& path) {
  TRY_ASSIGN(const std::string text, read_file(path, kMaxKeyFileBytes));
  const std::optional<PublicKey> key = public_key_from_z85(without_newline(text));
  if (!key) {
    return Error{Code::kInvalid,
                 "reading public key " + path + ": it does not hold one line of 40 Z85 characters"};
  }
  return *key;
}

}  // namespace yizhan
