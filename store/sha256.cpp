#include "store/sha256.h"

#include <openssl/evp.h>

#include "config/result.h"

namespace yizhan::store {

/// Failing to start SHA-256 means a broken libcrypto; nothing could be verified then.
struct Sha256Stream::State {
  State() : context(EVP_MD_CTX_new()) {
    CHECK_THAT_HOLDS(context != nullptr);
    start();
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  void start() { CHECK_THAT_HOLDS(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }

  EVP_MD_CTX* context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::add(std::string_view bytes) {
  CHECK_THAT_HOLDS(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Stream::finish() {
  Sha256 hash;
  CHECK_THAT_HOLDS(EVP_DigestFinal_ex(state_->context, hash.data.data(), nullptr) == 1);
  state_->start();
  return hash;
}

}  // namespace yizhan::store
