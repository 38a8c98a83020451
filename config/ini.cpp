// The reader: inih between two callbacks of ours.
//
// Debian's inih cuts lines at 200 bytes and headers at 49, takes " ;" in a value for a comment,
// trims each continuation line and gives no line numbers, all without a word. So it never sees the
// document's own lines: our reader hands it short ones in which nothing can be misunderstood, and
// our handler puts the pieces together again. The reader runs right before the handler, so that
// both know the current line.

#include "config/ini.h"

#include <ini.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "config/ini_text.h"
#include "config/printable.h"

namespace yizhan {

namespace ini {

Error error_at(Code code, const std::string& file_name, int line, const std::string& what) {
  return {code, file_name + ":" + std::to_string(line) + ": " + what};
}

}  // namespace ini

namespace {

// Escapes a byte on its way through inih, followed by two letters for its halves. It cannot be in
// a document, as C0 controls are refused.
constexpr char kEscape = '\x01';
constexpr std::size_t kEscapedBytes = 3;
// inih keeps 49 bytes of a header; the rest travels in a line like this, which is sent after every
// header, as inih does not report sections that are empty.
constexpr std::size_t kHeaderBytes = 40;
constexpr const char* kRestOfHeader = "@=";
// A key has to arrive in one piece. inih's shortest possible line leaves this room.
constexpr std::size_t kLongestName = 120;

void append_escaped(std::string& piece, char c) {
  const auto byte = static_cast<unsigned char>(c);
  piece += kEscape;
  piece += static_cast<char>('a' + (byte >> 4));
  piece += static_cast<char>('a' + (byte & 15u));
}

std::string unescaped(std::string_view piece) {
  std::string text;
  text.reserve(piece.size());
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (piece[i] == kEscape && i + 2 < piece.size()) {
      text += static_cast<char>(((piece[i + 1] - 'a') << 4) | (piece[i + 2] - 'a'));
      i += 2;
    } else {
      text += piece[i];
    }
  }
  return text;
}

bool is_graphic(char c) {
  return c > ' ' && c < '\x7F';
}

/// Moves the front of `text` to the end of `piece` until that has `room` bytes. Escaped are bytes
/// that inih gives a meaning: comments, ":" before "=", and blanks at an end, which it trims.
void move_piece(std::string_view& text, std::string& piece, std::size_t room, bool before_equals) {
  bool first = true;
  while (!text.empty() && piece.size() + kEscapedBytes <= room) {
    const char c = text.front();
    if (c == '=') before_equals = false;
    const bool last = text.size() == 1 || piece.size() + 2 * kEscapedBytes > room;
    const bool special = c == ';' || (c == '#' && first) || (c == ':' && before_equals);
    if (special || ((first || last) && !is_graphic(c))) {
      append_escaped(piece, c);
    } else {
      piece += c;
    }
    text.remove_prefix(1);
    first = false;
  }
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& file_name, const IniLimits& limits)
      : text_(text), file_name_(file_name), limits_(limits) {
    limits_.max_name_bytes = std::min(limits_.max_name_bytes, kLongestName);
  }

  Result<std::vector<IniSection>> run() {
    const int wrong = ini_parse_stream(&Parser::on_read, this, &Parser::on_entry, this);
    if (!error_) finish_line();
    if (!error_ && wrong != 0) fail("not understood; write \"key = value\" or \"[section]\"");
    if (error_) return *error_;
    return std::move(sections_);
  }

 private:
  // ---- inih's callbacks

  static char* on_read(char* buffer, int size, void* self) {
    return static_cast<Parser*>(self)->read(buffer, static_cast<std::size_t>(size));
  }
  static int on_entry(void* self, const char* section, const char* name, const char* value) {
    static_cast<Parser*>(self)->take(section, name, value);
    return 1;  // errors are kept in error_, with a line that inih does not know
  }

  char* read(char* buffer, std::size_t size) {
    // What inih adds to a line: newline and NUL, and a blank before a continuation.
    if (size < kLongestName + 16) {
      fail("the INI library was set up with lines that are too short");
      return nullptr;
    }
    const std::string piece = next_piece(size - 4);
    if (error_ || piece.empty()) return nullptr;
    std::copy(piece.begin(), piece.end(), buffer);
    buffer[piece.size()] = '\n';
    buffer[piece.size() + 1] = '\0';
    return buffer;
  }

  // ---- from the document to inih

  /// The next line for inih, or empty at the end of the document and after an error.
  std::string next_piece(std::size_t room) {
    std::string piece;
    if (piece_ == Piece::kHeader) {
      piece_ = Piece::kHeaderRest;
      piece = kRestOfHeader;
      move_piece(rest_, piece, room, false);
      return piece;
    }
    if (!rest_.empty()) {
      piece_ = Piece::kMore;
      piece = " ";
      move_piece(rest_, piece, room, false);
      return piece;
    }
    finish_line();
    if (error_ || !next_line()) return piece;
    return rest_.front() == '[' ? header_piece() : entry_piece(room);
  }

  /// Moves rest_ to the next line that means something. False at the end and after an error.
  bool next_line() {
    while (!text_.empty()) {
      ++line_;
      const std::size_t newline = text_.find('\n');
      std::string_view line = text_.substr(0, newline);
      text_.remove_prefix(newline == std::string_view::npos ? text_.size() : newline + 1);
      if (newline != std::string_view::npos && !line.empty() && line.back() == '\r') {
        line.remove_suffix(1);
      }
      if (!check_characters(line)) return false;
      rest_ = ini::trim(line);
      if (rest_.empty() || rest_.front() == ';' || rest_.front() == '#') continue;
      if (ini::is_blank(line.front())) {
        return fail(
            "begins with blanks; begin it in the first column (long values stay on one "
            "line, with \\n for a line break)");
      }
      return true;
    }
    rest_ = {};
    return false;
  }

  bool check_characters(std::string_view line) {
    const auto wrong = std::find_if(line.begin(), line.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 && c != '\t';
    });
    if (wrong == line.end()) return true;
    if (*wrong == '\r') return fail("a carriage return alone; end lines with LF or CRLF");
    return fail("holds the control character " + printable({&*wrong, 1}, 8) +
                "; save the file as UTF-8 text");
  }

  std::string header_piece() {
    const std::size_t bracket = rest_.find(']');
    if (bracket == std::string_view::npos) {
      fail("a section without \"]\"; write [section]");
    } else if (bracket + 1 != rest_.size()) {
      fail("text after \"]\"; put it on a line of its own");
    }
    rest_ = rest_.substr(1, rest_.size() - 2);
    std::string piece = "[";
    move_piece(rest_, piece, kHeaderBytes, true);
    piece_ = Piece::kHeader;
    return piece + "]";
  }

  std::string entry_piece(std::size_t room) {
    const std::size_t equals = rest_.find('=');
    if (equals == std::string_view::npos) {
      fail("no \"=\"; write \"key = value\"");
    } else if (equals > kLongestName) {
      fail_limit("the key", limits_.max_name_bytes);
    }
    piece_ = Piece::kEntry;
    std::string piece;
    move_piece(rest_, piece, room, true);
    // Only a key full of bytes that need escaping can be too long for its piece here.
    if (piece.find('=') == std::string::npos) fail("the text before \"=\" is not a name");
    return piece;
  }

  // ---- from inih to the sections

  void take(std::string_view section, std::string_view name, std::string_view value) {
    if (piece_ == Piece::kHeaderRest) {
      line_kind_ = LineKind::kHeader;
      raw_ = unescaped(section) + unescaped(value);
    } else if (piece_ == Piece::kEntry) {
      line_kind_ = LineKind::kEntry;
      key_ = ini::lower_case(unescaped(name));
      raw_ = unescaped(value);
    } else {
      raw_ += unescaped(value);
    }
  }

  /// All pieces of a line are here.
  void finish_line() {
    const LineKind kind = std::exchange(line_kind_, LineKind::kNone);
    if (kind == LineKind::kHeader) begin_section(raw_);
    if (kind == LineKind::kEntry) add_entry(key_, ini::read_value(raw_));
  }

  bool begin_section(std::string name) {
    const std::size_t space = std::min(name.find(' '), name.size());
    if (!is_ini_section_name(name)) {
      return fail("the section " + quoted(name) +
                  " is not a name; use letters, digits and _.- (or a word, one space and a name)");
    }
    if (space > limits_.max_name_bytes || name.size() - space > limits_.max_name_bytes + 1) {
      return fail_limit("the section's name", limits_.max_name_bytes);
    }
    name = ini::lower_case(std::string_view(name).substr(0, space)) + name.substr(space);
    const auto [known, is_new] = section_lines_.emplace(name, line_);
    if (!is_new) return fail_twice("section [" + name + "]", known->second);
    if (sections_.size() == limits_.max_sections) {
      return fail(Code::kLimit, "more than " + std::to_string(limits_.max_sections) + " sections");
    }
    sections_.push_back({std::move(name), line_, {}});
    key_lines_.clear();
    return true;
  }

  bool add_entry(const std::string& key, std::string value) {
    if (sections_.empty()) return fail("a key before any section; begin with a [section] line");
    if (key.empty()) return fail("no key before \"=\"; write \"key = value\"");
    if (!is_ini_key(key)) {
      return fail("the key " + quoted(key) +
                  " is not a name; use letters, digits and _.- before \"=\"");
    }
    if (key.size() > limits_.max_name_bytes) return fail_limit("the key", limits_.max_name_bytes);
    if (value.size() > limits_.max_value_bytes) {
      return fail_limit("the value of " + quoted(key), limits_.max_value_bytes);
    }
    const auto [known, is_new] = key_lines_.emplace(key, line_);
    if (!is_new) return fail_twice("key " + quoted(key), known->second);
    std::vector<IniEntry>& entries = sections_.back().entries;
    if (entries.size() == limits_.max_entries_per_section) {
      return fail(Code::kLimit, "more than " + std::to_string(limits_.max_entries_per_section) +
                                    " keys in a section");
    }
    entries.push_back({key, std::move(value), line_});
    return true;
  }

  // ---- errors: the first one stays, and ends the reading

  static std::string quoted(std::string_view text) { return "\"" + printable(text, 80) + "\""; }

  bool fail(Code code, const std::string& what) {
    if (!error_) error_ = ini::error_at(code, file_name_, line_, what);
    return false;
  }
  bool fail(const std::string& what) { return fail(Code::kInvalid, what); }
  bool fail_limit(const std::string& subject, std::size_t limit) {
    return fail(Code::kLimit, subject + " is longer than " + std::to_string(limit) + " bytes");
  }
  bool fail_twice(const std::string& subject, int line) {
    return fail("the " + subject + " is there already, in line " + std::to_string(line) +
                "; keep one of them");
  }

  std::string_view text_;  // what has not been read
  const std::string& file_name_;
  IniLimits limits_;

  int line_ = 0;
  std::string_view rest_;  // of the current line, for its next pieces

  /// What inih was given last. Names cannot tell: a document may hold any.
  enum class Piece { kHeader, kHeaderRest, kEntry, kMore } piece_ = Piece::kMore;
  /// What inih has made of the current line; its parts are key_ and raw_.
  enum class LineKind { kNone, kHeader, kEntry } line_kind_ = LineKind::kNone;
  std::string key_;
  std::string raw_;

  std::vector<IniSection> sections_;
  std::map<std::string, int> section_lines_;
  std::map<std::string, int> key_lines_;  // of the last section
  std::optional<Error> error_;
};

}  // namespace

const IniEntry* IniSection::find(std::string_view key) const {
  const auto entry = std::find_if(entries.begin(), entries.end(),
                                  [key](const IniEntry& each) { return each.key == key; });
  return entry == entries.end() ? nullptr : &*entry;
}

const IniSection* IniDocument::find(std::string_view name) const {
  const auto section = std::find_if(sections.begin(), sections.end(),
                                    [name](const IniSection& each) { return each.name == name; });
  return section == sections.end() ? nullptr : &*section;
}

Result<IniDocument> parse_ini(std::string_view bytes, const std::string& file_name,
                              const IniLimits& limits) {
  if (bytes.size() > limits.max_bytes) {
    return ini::error_at(Code::kLimit, file_name, 1,
                         "the file has " + std::to_string(bytes.size()) + " bytes, more than the " +
                             std::to_string(limits.max_bytes) + " allowed");
  }
  ini::Text text;
  TRY(ini::decode(bytes, file_name, text));
  IniDocument document;
  TRY_ASSIGN(document.sections, Parser(text.utf8, file_name, limits).run());
  document.encoding = text.encoding;
  if (text.encoding == IniEncoding::kGb18030) {
    document.warnings.push_back(file_name +
                                ":1: not UTF-8, read as GB18030; save it as UTF-8 to be sure");
  }
  const auto& sections = document.sections;
  document.ends_with_end =
      !sections.empty() && sections.back().name == "end" && sections.back().entries.empty();
  return document;
}

}  // namespace yizhan
