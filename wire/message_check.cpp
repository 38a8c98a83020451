// What a message must be before anybody stores it, works with it or writes it as a file.

#include <google/protobuf/stubs/common.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "config/ini.h"
#include "config/time.h"
#include "wire/address.h"
#include "wire/codec.h"
#include "wire/limits.h"
#include "wire/vocabulary.h"

namespace yizhan::wire {

namespace {

Error invalid(const std::string& field, const std::string& why) {
  return {Code::kInvalid, field + ": " + why};
}
Error too_long(const std::string& field, std::size_t size, std::size_t limit) {
  return {Code::kLimit, field + ": " + std::to_string(size) + " bytes are over the limit of " +
                            std::to_string(limit)};
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

/// One line of text of bounded size, so that it can stand in a log, a list and a file.
Status check_line(const char* field, std::string_view text, std::size_t limit) {
  if (text.size() > limit) return too_long(field, text.size(), limit);
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return invalid(field, "it has a control character");
  }
  return {};
}

/// Reads the fields of one protobuf message that is all length-delimited, as Body and its parts
/// are. Nothing is built or copied: a broker checks every body but reads few. No less strict than
/// protobuf's own reader, so that a body that passes here is one that parses.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  /// False at the end, or when what follows is not such a field (then failed()).
  bool next(std::uint32_t& number, std::string_view& value) {
    if (rest_.empty()) return false;
    std::uint32_t tag = 0;
    std::uint32_t size = 0;
    constexpr std::uint32_t kLengthDelimited = 2;
    failed_ = !read(tag) || (tag & 7u) != kLengthDelimited || tag >> 3 == 0 || !read(size) ||
              size > rest_.size();
    if (failed_) return false;
    number = tag >> 3;
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool failed() const { return failed_; }

 private:
  /// A varint of at most 32 bits.
  bool read(std::uint32_t& number) {
    for (unsigned shift = 0; shift < 32 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 28 && byte > 0x0F) return false;
      number |= (byte & 0x7Fu) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  std::string_view rest_;
  bool failed_ = false;
};

/// What a task file can hold before "=", in the lower case that readers compare with.
bool is_key(std::string_view key) {
  return key.size() <= kMaxNameBytes && is_ini_key(key) &&
         std::none_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// The same between "[" and "]": a word, or a word and a name, which keeps its case.
bool is_section_name(std::string_view name) {
  return name.size() <= 2 * kMaxNameBytes + 1 && is_ini_section_name(name) &&
         is_key(name.substr(0, name.find(' ')));
}

/// Control characters could not be written into a task file; newline and tab can.
bool is_text(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  });
}

/// Whether all of it is printable ASCII, which most values are: then it is text and UTF-8, and
/// eight bytes are looked at for the price of one.
bool is_plain(std::string_view value) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::uint64_t kTopBits = 0x80 * kEach;
  std::uint64_t odd = 0;
  while (value.size() >= sizeof odd) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, value.data(), sizeof eight);
    // The lowest byte below 0x20, if any, borrows and has its top bit set then; else none has.
    odd |= (eight | (eight - 0x20 * kEach)) & kTopBits;
    value.remove_prefix(sizeof eight);
  }
  return odd == 0 && std::all_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80;
         });
}

Error damaged_body() {
  return invalid("body", "it is not a list of sections");
}

/// What was given a name already: a name twice could be read in two ways. Most sections and most
/// lists of sections are so short that looking through them is the fastest.
class Names {
 public:
  /// `name` is not empty.
  bool is_new(std::string_view name) {
    if (count_ < kFew) {
      const auto end = few_.begin() + count_;
      // Most names that are as long differ at their end: "file.1", "file.2".
      const bool known = std::any_of(few_.begin(), end, [name](std::string_view one) {
        return one.size() == name.size() && one.back() == name.back() && one == name;
      });
      if (known) return false;
      few_[count_++] = name;
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.insert(name).second;
  }

 private:
  static constexpr std::size_t kFew = 24;
  std::array<std::string_view, kFew> few_;
  std::size_t count_ = 0;
  std::set<std::string_view> many_;  ///< all of them, once there are more than a few
};

Status check_entry(std::string_view bytes, std::string_view& key) {
  Fields fields(bytes);
  std::uint32_t number = 0;
  std::string_view value;
  while (fields.next(number, value)) {
    if (number == Entry::kKeyFieldNumber) key = value;
    if (number != Entry::kValueFieldNumber) continue;
    if (value.size() > kMaxValueBytes) return too_long("body", value.size(), kMaxValueBytes);
    if (is_plain(value)) continue;
    if (!is_text(value)) return invalid("body", "a value has a control character");
    // The parser's own test, so that a body that passes here is one that parses.
    if (!google::protobuf::internal::IsStructurallyValidUTF8(value.data(),
                                                             static_cast<int>(value.size()))) {
      return invalid("body", "a value is not UTF-8");
    }
  }
  if (fields.failed()) return damaged_body();
  if (!is_key(key)) return invalid("body", "a key is not lower-case letters, digits and _.-");
  return {};
}

Status check_section(std::string_view bytes, std::string_view& name) {
  Fields fields(bytes);
  std::uint32_t number = 0;
  std::string_view value;
  Names keys;
  while (fields.next(number, value)) {
    if (number == Section::kNameFieldNumber) name = value;
    if (number != Section::kEntriesFieldNumber) continue;
    std::string_view key;
    TRY(check_entry(value, key));
    if (!keys.is_new(key)) return invalid("body", "key '" + std::string(key) + "' is there twice");
  }
  if (fields.failed()) return damaged_body();
  if (!is_section_name(name)) return invalid("body", "the name of a section is not well-formed");
  return {};
}

Status check_body(std::string_view bytes) {
  if (bytes.size() > kMaxMessageBytes) return too_long("body", bytes.size(), kMaxMessageBytes);
  Fields fields(bytes);
  std::uint32_t number = 0;
  std::string_view value;
  std::size_t sections = 0;
  Names names;
  while (fields.next(number, value)) {
    if (number != Body::kSectionsFieldNumber) continue;
    if (++sections > kMaxSections) {
      return Error{Code::kLimit, "body: more than " + std::to_string(kMaxSections) + " sections"};
    }
    std::string_view name;
    TRY(check_section(value, name));
    if (!names.is_new(name)) {
      return invalid("body", "section [" + std::string(name) + "] is there twice");
    }
  }
  if (fields.failed()) return damaged_body();
  return {};
}

Status check_time(const char* field, const std::string& text) {
  if (parse_time(text)) return {};
  TRY(check_line(field, text, kMaxNameBytes));
  return invalid(field, "'" + text + "' is not a time with offset (2026-03-04T09:12:00+08:00)");
}

Status check_attachments(const Message& message) {
  if (message.attachments_size() > static_cast<int>(kMaxListItems)) {
    return Error{Code::kLimit,
                 "attachments: more than " + std::to_string(kMaxListItems) + " files"};
  }
  std::vector<std::string_view> names;
  names.reserve(static_cast<std::size_t>(message.attachments_size()));
  for (const Attachment& attachment : message.attachments()) {
    TRY(check_attachment_name(attachment.name()));
    if (attachment.sha256().size() != Sha256::kSize) {
      return invalid("attachment '" + attachment.name() + "'", "its sha256 is not 32 bytes");
    }
    if (attachment.size() > kMaxAttachmentBytes) {
      return Error{Code::kLimit,
                   "attachment '" + attachment.name() + "': " + std::to_string(attachment.size()) +
                       " bytes are over the limit of " + std::to_string(kMaxAttachmentBytes)};
    }
    names.push_back(attachment.name());
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    return invalid("attachment '" + std::string(*twice) + "'", "it is named twice");
  }
  return {};
}

Status check_envelope(const Message& message) {
  if (message.id().size() != MessageId::kSize) return invalid("id", "it is not 16 bytes");
  if (!is_writable(message.kind())) {
    return invalid("kind",
                   "number " + std::to_string(message.kind()) + " is none of " + all_kinds());
  }
  const auto addresses = parse_addresses(message.recipient());
  if (!addresses.ok()) return in_context("recipient", addresses.error());
  TRY(check_line("sender", message.sender(), kMaxValueBytes));
  TRY(check_line("thread", message.thread(), kMaxValueBytes));
  if (!message.in_reply_to().empty() && !parse_uuid(message.in_reply_to())) {
    return invalid("in_reply_to", "it is not a UUID");
  }
  TRY(check_time("created", message.created()));
  if (!message.expires().empty()) TRY(check_time("expires", message.expires()));
  return {};
}

}  // namespace

Status check_attachment_name(std::string_view name) {
  if (name.empty()) return invalid("attachment", "its name is empty");
  if (name.size() > kMaxAttachmentNameBytes) {
    return too_long("attachment name", name.size(), kMaxAttachmentNameBytes);
  }
  if (std::any_of(name.begin(), name.end(), is_control)) {
    return invalid("attachment", "its name has a control character");
  }
  const std::string subject = "attachment '" + std::string(name) + "'";
  if (name.find_first_of("/\\") != std::string_view::npos) {
    return invalid(subject, "a name must not lead to another folder; leave out '/' and '\\'");
  }
  if (name == "." || name.find("..") != std::string_view::npos) {
    return invalid(subject, "a name must not contain '..'");
  }
  return {};
}

Status check_message(const Message& message) {
  TRY(check_envelope(message));
  TRY(check_body(message.body()));
  TRY(check_attachments(message));
  if (message.signed_file().size() > kMaxTaskFileBytes) {
    return too_long("signed_file", message.signed_file().size(), kMaxTaskFileBytes);
  }
  const std::size_t size = message.ByteSizeLong();
  if (size > kMaxMessageBytes) return too_long("message", size, kMaxMessageBytes);
  return {};
}

}  // namespace yizhan::wire
