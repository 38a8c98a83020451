#pragma once
// SHA-256 of what comes in pieces: attachments of gigabytes, by libcrypto, which uses the
// processor's own instructions where there are any.

#include <memory>
#include <string_view>

#include "config/ids.h"

namespace yizhan::store {

class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;

  void add(std::string_view bytes);
  /// Of everything added. The stream then starts anew.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace yizhan::store
