#pragma once
// The one INI reader and writer of the house: task files, configuration, rule tables. Strict: what
// two programs could understand in two ways is an error here. Grammar, on top of SPEC section 2:
//
//   [section]            or [word name], one space between; word and keys are ASCII letters, digits
//                        and "_.-", lower-cased; the name after the space keeps its case
//   key = value          the first "=" splits; blanks around key and value do not count
//   ; text   # text      a comment, alone on its line, blanks before it allowed
//
// Values: \n, \t and \\ stand for newline, tab and backslash; any other backslash is itself, so
// that most Windows paths need no care. Nothing else is special: no inline comments, continuation
// lines or interpolation. Blanks at the ends of a value are kept by double quotes (" x "); quotes
// around anything that does not need them are part of the value.
//
// Bytes: UTF-8, with or without BOM; UTF-16 with BOM; as a last resort, and with a warning,
// GB18030. Lines end in LF or CRLF. NUL, other C0 controls except TAB, and a lone CR are errors.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace yizhan {

struct IniEntry {
  std::string key;  ///< lower-cased
  std::string value;
  int line = 0;  ///< 1-based
};

struct IniSection {
  std::string name;
  int line = 0;                   ///< of the header
  std::vector<IniEntry> entries;  ///< in the order of the file; no key twice

  /// The entry with this lower-case key, or null.
  const IniEntry* find(std::string_view key) const;
};

/// The defaults are those of task files (wire/limits.h).
struct IniLimits {
  std::size_t max_bytes = 256 * 1024;      ///< of the file as it is on disk
  std::size_t max_value_bytes = 8 * 1024;  ///< of a value as UTF-8, escapes resolved
  std::size_t max_name_bytes = 64;  ///< of a key or each word of a header; above 120 counts as 120
  std::size_t max_sections = 64;
  std::size_t max_entries_per_section = 8000;
};

enum class IniEncoding { kUtf8, kUtf16, kGb18030 };

struct IniDocument {
  std::vector<IniSection> sections;  ///< in the order of the file; no name twice
  IniEncoding encoding = IniEncoding::kUtf8;
  std::vector<std::string> warnings;  ///< "FILE:LINE: …"; the document is good nevertheless
  bool ends_with_end = false;         ///< the last section is [end] and holds nothing

  /// The section with this name, or null.
  const IniSection* find(std::string_view name) const;
};

/// Reads a whole document. `file_name` stands in messages only. Fails with kLimit when a limit is
/// passed, with kInvalid for everything else, and then always with the first wrong line:
/// "FILE:LINE: what is wrong, and what would be right". Any thread.
Result<IniDocument> parse_ini(std::string_view bytes, const std::string& file_name,
                              const IniLimits& limits = {});

/// A document that parse_ini reads back exactly. Lines of `sections` are ignored. What a document
/// cannot hold (a control character other than TAB and newline, bytes that are not UTF-8) is
/// written as U+FFFD, a character that a name cannot have as "_": check names from peers before.
std::string format_ini(const std::vector<IniSection>& sections);

/// Whether a key, or a header between its brackets, is well-formed; says nothing about length.
bool is_ini_key(std::string_view key);
bool is_ini_section_name(std::string_view name);

/// Whether the first line that is neither blank nor comment is the header [name], in UTF-8 or
/// UTF-16 with BOM. True also for a header that parse_ini would refuse for its blanks, so that its
/// writer is told. Looks at the first 64 KiB, allocates nothing. `name` is lower-case.
bool first_section_is(std::string_view bytes, std::string_view name);

/// Whether the last line that is neither blank nor comment is the header [end]: such a file is
/// complete. Same encodings. Allocates nothing.
bool ends_with_end_section(std::string_view bytes);

}  // namespace yizhan
