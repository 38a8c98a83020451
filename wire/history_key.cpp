// What two records are compared by.

#include <openssl/sha.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "wire/history.h"

namespace yizhan::wire {
namespace {

struct Tag {
  std::string_view name;
  bool closes = false;  ///< </name>
  bool empty = false;   ///< <name/>
  std::size_t end = 0;  ///< behind '>'
};

/// The tag that begins at `at`. Ours is always well-formed: a reader of exchange/ wrote it.
Tag read_tag(std::string_view xml, std::size_t at) {
  Tag tag;
  const std::size_t close = xml.find('>', at);
  tag.end = close == std::string_view::npos ? xml.size() : close + 1;
  std::size_t from = at + 1;
  if (from < xml.size() && xml[from] == '/') {
    tag.closes = true;
    ++from;
  }
  const std::size_t name_end = std::min(xml.find_first_of(" \t\r\n/>", from), tag.end);
  tag.name = xml.substr(std::min(from, xml.size()), name_end - std::min(from, name_end));
  tag.empty = tag.end >= 2 && tag.end <= xml.size() && xml[tag.end - 2] == '/';
  return tag;
}

/// Elements whose content is text of the segment; the content of all others is native code.
bool holds_text(std::string_view name) {
  return name == "hi" || name == "g" || name == "mrk" || name == "pc" || name == "sub";
}

void append_entity(std::string_view entity, std::string* out) {
  if (entity == "lt") {
    *out += '<';
  } else if (entity == "gt") {
    *out += '>';
  } else if (entity == "amp") {
    *out += '&';
  } else if (entity == "quot") {
    *out += '"';
  } else if (entity == "apos") {
    *out += '\'';
  } else {
    out->append("&").append(entity).append(";");
  }
}

/// `xml` with each inline element as {n} or {n}…{/n}, numbered as they begin.
std::string with_placeholders(std::string_view xml) {
  std::string out;
  std::vector<int> open;     // numbers of the elements with text that are open
  std::vector<int> paired;   // of <bpt> that wait for their <ept>
  int next = 1;
  int code_depth = 0;        // inside elements that hold native code
  for (std::size_t i = 0; i < xml.size();) {
    if (xml[i] == '<') {
      const Tag tag = read_tag(xml, i);
      i = tag.end;
      if (code_depth > 0 || (!holds_text(tag.name) && !tag.empty)) {
        if (!tag.empty) code_depth += tag.closes ? -1 : 1;
        if (tag.closes || code_depth > 1) continue;
        if (tag.name == "ept" && !paired.empty()) {
          out += "{/" + std::to_string(paired.back()) + "}";
          paired.pop_back();
          continue;
        }
        if (tag.name == "bpt") paired.push_back(next);
        out += "{" + std::to_string(next++) + "}";
      } else if (tag.closes) {
        if (open.empty()) continue;
        out += "{/" + std::to_string(open.back()) + "}";
        open.pop_back();
      } else {
        out += "{" + std::to_string(next) + "}";
        if (!tag.empty) open.push_back(next);
        ++next;
      }
      continue;
    }
    if (code_depth == 0) {
      const std::size_t semicolon = xml[i] == '&' ? xml.find(';', i) : std::string_view::npos;
      if (semicolon != std::string_view::npos) {
        append_entity(xml.substr(i + 1, semicolon - i - 1), &out);
        i = semicolon + 1;
        continue;
      }
      out += xml[i];
    }
    ++i;
  }
  return out;
}

bool is_plain_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

std::string to_nfc(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  static const icu::Normalizer2* const kNfc = icu::Normalizer2::getNFCInstance(error);
  const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
  if (kNfc->isNormalizedUTF8(piece, error)) return std::string(text);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  kNfc->normalizeUTF8(0, piece, sink, nullptr, error);
  return out;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string with_single_spaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// SHA-256 over parts, each with its length before it, so that no two lists of parts look alike.
class KeyHash {
 public:
  KeyHash(std::string_view what, std::string_view slice) {
    add("1");  // of the hash itself; versions of keys differ in what is added
    add(what);
    add(slice);
  }
  void add(std::string_view part) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (unsigned shift = 0; shift < 32; shift += 8) bytes_ += static_cast<char>(size >> shift);
    bytes_ += part;
  }
  std::string finish() const {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size(), hash.data());
    return {reinterpret_cast<const char*>(hash.data()), RecordId::kSize};
  }

 private:
  std::string bytes_;
};

}  // namespace

std::string key_text(std::string_view plain, std::string_view xml) {
  const std::string with_tags = xml.empty() ? std::string() : with_placeholders(xml);
  const std::string_view text = xml.empty() ? plain : std::string_view(with_tags);
  if (is_plain_ascii(text)) return with_single_spaces(text);
  return with_single_spaces(to_nfc(text));
}

std::string key_language(std::string_view language) {
  std::string out;
  bool first = true;
  bool singleton = false;  // behind x or another single letter all is small
  for (std::size_t from = 0; from <= language.size();) {
    const std::size_t end = std::min(language.find_first_of("-_", from), language.size());
    const std::size_t size = end - from;
    for (std::size_t i = from; i < end; ++i) {
      const bool capital = !first && !singleton && (size == 2 || (size == 4 && i == from));
      const char c = language[i];
      const bool small = c >= 'a' && c <= 'z';
      const bool big = c >= 'A' && c <= 'Z';
      out += capital && small ? static_cast<char>(c - 'a' + 'A')
             : !capital && big ? static_cast<char>(c - 'A' + 'a')
                               : c;
    }
    if (end < language.size()) out += '-';
    singleton = singleton || size == 1;
    first = false;
    from = end + 1;
  }
  return out;
}

std::string record_id_of(const Record& record, std::string_view slice, int version) {
  KeyHash hash(record_kind_name(record.kind()), slice);
  const auto add = [&](int field) { hash.add(value(record, field)); };
  const auto add_language = [&](int field) {
    const std::string& text = value(record, field);
    hash.add(version < 2 ? text : key_language(text));
  };
  switch (record.kind()) {
    case UNIT:
      add_language(unit::kSourceLang);
      add_language(unit::kTargetLang);
      hash.add(key_text(value(record, unit::kSource), value(record, unit::kSourceXml)));
      add(unit::kContextKind);
      add(unit::kContext);
      break;
    case CONCEPT:
      add(concept_entry::kTermbase);
      add(concept_entry::kClient);
      add(concept_entry::kDomain);
      hash.add(key_text(value(record, concept_entry::kKey), {}));
      break;
    case TERM:
      add(term::kConcept);
      add_language(term::kLang);
      hash.add(key_text(value(record, term::kText), {}));
      break;
    default:
      return record.id();
  }
  return hash.finish();
}

void set_record_id(Record* record, std::string_view slice) {
  if (record->kind() == UNIT || record->kind() == CONCEPT || record->kind() == TERM) {
    record->set_id(record_id_of(*record, slice, kKeyVersion));
  }
}

std::string record_id_hex(std::string_view id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : id) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4U];
    hex += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return hex;
}

std::optional<RecordId> record_id_from_hex(std::string_view hex) {
  if (hex.size() != 2 * RecordId::kSize) return std::nullopt;
  std::string raw;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    int byte = 0;
    for (const char c : hex.substr(i, 2)) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
      byte = byte * 16 + (digit ? c - '0' : c - 'a' + 10);
    }
    raw += static_cast<char>(byte);
  }
  return RecordId::from(raw);
}

}  // namespace yizhan::wire
