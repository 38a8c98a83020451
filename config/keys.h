#pragma once
// Key files. A key pair is the identity of an agent, a broker or the operator, so its file is
// written once, whole, 0600, and refused when others could read it.

#include <string>

#include "config/ids.h"
#include "config/result.h"

namespace yizhan {

struct KeyPair {
  PublicKey public_key;
  SecretKey secret_key;
};

/// Reads the key at `path`: one line, the secret key in Z85; the public one is computed from it, so
/// that the two cannot differ. kNotFound if there is none; kDenied if the file may be read by group
/// or others (the message has the fix) or not by us; kCorrupt if it holds anything else.
Result<KeyPair> load_key(const std::string& path);

/// The same, but a missing file is made first, with a new random key, durably. Two processes must
/// not call it for one path at once: the caller holds the folder's lock.
Result<KeyPair> load_or_create_key(const std::string& path);

/// Public keys as files: 40 characters of Z85 and a newline, 0644. Not rewritten if it is the same.
Status write_public_key(const std::string& path, const PublicKey& key);
/// kNotFound, kIo, or kInvalid if the file is anything else.
Result<PublicKey> read_public_key(const std::string& path);

}  // namespace yizhan
