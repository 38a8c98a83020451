// What a message says, as 32 bytes. The form that is hashed is fixed for ever, since the broker
// compares hashes of messages that years lie between:
//
//   "yizhan message 1", then each field below as its length (u64, little endian) and its bytes;
//   numbers are 4 bytes little endian; attachments are preceded by their count.

#include <sodium.h>

#include <cstdint>
#include <cstring>

#include "wire/codec.h"

namespace yizhan::wire {

namespace {

/// Gathers small fields, since a hash update of a few bytes costs more than copying them.
class Hasher {
 public:
  Hasher() {
    // libsodium picks its fastest code at the first call; repeating it is cheap and thread-safe.
    static const bool ready = sodium_init() >= 0;
    CHECK_THAT_HOLDS(ready);
    crypto_generichash_init(&state_, nullptr, 0, ContentHash::kSize);
  }

  void number(std::uint64_t value, std::size_t bytes) {
    unsigned char text[8];
    for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<unsigned char>(value >> (8 * i));
    raw(text, bytes);
  }

  void field(std::string_view bytes) {
    number(bytes.size(), 8);
    raw(bytes.data(), bytes.size());
  }

  void raw(const void* bytes, std::size_t size) {
    if (size > kBuffer - used_) flush();
    if (size > kBuffer) {
      crypto_generichash_update(&state_, static_cast<const unsigned char*>(bytes), size);
      return;
    }
    if (size > 0) std::memcpy(buffer_ + used_, bytes, size);
    used_ += size;
  }

  ContentHash finish() {
    flush();
    ContentHash hash;
    crypto_generichash_final(&state_, hash.data.data(), ContentHash::kSize);
    return hash;
  }

 private:
  static constexpr std::size_t kBuffer = 2048;

  void flush() {
    if (used_ > 0) crypto_generichash_update(&state_, buffer_, used_);
    used_ = 0;
  }

  crypto_generichash_state state_;
  std::size_t used_ = 0;
  unsigned char buffer_[kBuffer];  // only the first used_ bytes mean anything
};

void add_number(Hasher& hasher, int value) {
  hasher.number(static_cast<std::uint32_t>(value), 4);
}

}  // namespace

ContentHash content_hash(const Message& message) {
  constexpr std::string_view kForm = "yizhan message 1";
  Hasher hasher;
  hasher.raw(kForm.data(), kForm.size());
  hasher.field(message.id());
  add_number(hasher, message.kind());
  hasher.field(message.recipient());
  hasher.field(message.thread());
  hasher.field(message.in_reply_to());
  // A file that leaves these out says the same as one that writes the default.
  add_number(hasher, message.priority() == PRIORITY_UNSPECIFIED ? NORMAL : message.priority());
  add_number(hasher, message.ack() == ACK_UNSPECIFIED ? ACK_DELIVERED : message.ack());
  hasher.field(message.created());
  hasher.field(message.expires());
  hasher.field(message.body());
  add_number(hasher, message.attachments_size());
  for (const Attachment& attachment : message.attachments()) {
    hasher.field(attachment.name());
    hasher.field(attachment.sha256());
    hasher.number(attachment.size(), 8);
  }
  return hasher.finish();
}

}  // namespace yizhan::wire
