// Text forms of identifiers: UUID, hexadecimal, Z85 (https://rfc.zeromq.org/spec/32/).

#include "config/ids.h"

namespace yizhan {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kZ85Digits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
static_assert(kZ85Digits.size() == 85);

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_hex(std::string& text, unsigned char byte) {
  text += kHexDigits[byte >> 4];
  text += kHexDigits[byte & 15u];
}

/// The byte of two hexadecimal digits, or -1.
int hex_byte(char high, char low) {
  const int h = hex_value(high);
  const int l = hex_value(low);
  return h < 0 || l < 0 ? -1 : h * 16 + l;
}

constexpr bool is_dash_position(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

std::optional<MessageId> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  MessageId id;
  std::size_t byte = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      ++i;
      continue;
    }
    const int value = hex_byte(text[i], text[i + 1]);
    if (value < 0) return std::nullopt;
    id.data[byte++] = static_cast<unsigned char>(value);
    i += 2;
  }
  return id;
}

std::string format_uuid(const MessageId& id) {
  std::string text;
  text.reserve(36);
  for (const unsigned char byte : id.data) {
    if (is_dash_position(text.size())) text += '-';
    append_hex(text, byte);
  }
  return text;
}

std::string to_hex(const Sha256& hash) {
  std::string text;
  text.reserve(2 * Sha256::kSize);
  for (const unsigned char byte : hash.data) append_hex(text, byte);
  return text;
}

std::optional<Sha256> sha256_from_hex(std::string_view hex) {
  if (hex.size() != 2 * Sha256::kSize) return std::nullopt;
  Sha256 hash;
  for (std::size_t i = 0; i < Sha256::kSize; ++i) {
    const char high = hex[2 * i];
    const char low = hex[2 * i + 1];
    // One hash has one text: upper case would make two names of one attachment.
    if ((high >= 'A' && high <= 'F') || (low >= 'A' && low <= 'F')) return std::nullopt;
    const int value = hex_byte(high, low);
    if (value < 0) return std::nullopt;
    hash.data[i] = static_cast<unsigned char>(value);
  }
  return hash;
}

std::string to_z85(std::string_view key32) {
  if (key32.size() != PublicKey::kSize) return {};
  std::string text;
  for (std::size_t i = 0; i < key32.size(); i += 4) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      word = (word << 8) | static_cast<unsigned char>(key32[i + k]);
    }
    std::uint32_t divisor = 85u * 85 * 85 * 85;
    for (; divisor > 0; divisor /= 85) text += kZ85Digits[word / divisor % 85];
  }
  return text;
}

std::optional<PublicKey> public_key_from_z85(std::string_view text) {
  if (text.size() != PublicKey::kSize / 4 * 5) return std::nullopt;
  PublicKey key;
  for (std::size_t group = 0; group < text.size() / 5; ++group) {
    std::uint64_t word = 0;
    for (const char c : text.substr(group * 5, 5)) {
      const std::size_t digit = kZ85Digits.find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      word = word * 85 + digit;
    }
    if (word > 0xFFFFFFFFu) return std::nullopt;
    for (std::size_t k = 0; k < 4; ++k) {
      key.data[group * 4 + k] = static_cast<unsigned char>(word >> (8 * (3 - k)));
    }
  }
  return key;
}

}  // namespace yizhan
