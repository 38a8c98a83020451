#include "store/bigram_tokenizer.h"

#include <sqlite3.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace yizhan::store {
namespace {

struct Character {
  UChar32 code = 0;
  int begin = 0;
  int end = 0;
  bool operator==(const Character&) const = default;
};

/// Walks over UTF-8; code is negative behind the end, and U+FFFD for a broken byte.
Character next_character(std::string_view text, int at) {
  Character one;
  one.begin = at;
  if (at >= static_cast<int>(text.size())) {
    one.code = -1;
    one.end = at;
    return one;
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<int>(text.size());
  U8_NEXT_OR_FFFD(bytes, at, size, one.code);
  one.end = at;
  return one;
}

bool is_cjk(UChar32 code) {
  if (code < 0x2E80) return false;
  if (u_hasBinaryProperty(code, UCHAR_IDEOGRAPHIC) != 0) return true;
  UErrorCode error = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(code, &error);
  return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_HANGUL;
}

bool is_word(UChar32 code) {
  if (code < 0) return false;
  if (code < 0x80) {
    return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
           (code >= 'A' && code <= 'Z');
  }
  return u_isalnum(code) != 0 || u_getCombiningClass(code) != 0;
}

void append_folded(UChar32 code, std::string* out) {
  const UChar32 folded = u_foldCase(code, U_FOLD_CASE_DEFAULT);
  std::uint8_t bytes[U8_MAX_LENGTH];
  int size = 0;
  U8_APPEND_UNSAFE(bytes, size, folded);
  out->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

using Emit = int (*)(void*, int, const char*, int, int, int);

/// A run of CJK characters as pairs; its last character alone too, in a document, so that a query
/// for it by prefix finds it at the end of a run.
int emit_cjk(std::string_view text, Character first, bool query, void* context, Emit emit,
             int* after) {
  Character one = first;
  while (true) {
    const Character two = next_character(text, one.end);
    std::string token;
    append_folded(one.code, &token);
    const bool pair = is_cjk(two.code);
    if (pair) append_folded(two.code, &token);
    if (pair || !query || one == first) {
      const int rc = emit(context, 0, token.data(), static_cast<int>(token.size()), one.begin,
                          pair ? two.end : one.end);
      if (rc != SQLITE_OK) return rc;
    }
    *after = one.end;
    if (!pair) return SQLITE_OK;
    one = two;
  }
}

int tokenize(Fts5Tokenizer* /*tokenizer*/, void* context, int flags, const char* data, int size,
             Emit emit) {
  const std::string_view text(data, static_cast<std::size_t>(size));
  const bool query = (flags & FTS5_TOKENIZE_QUERY) != 0;
  int at = 0;
  while (true) {
    const Character one = next_character(text, at);
    if (one.code < 0) return SQLITE_OK;
    if (is_cjk(one.code)) {
      const int rc = emit_cjk(text, one, query, context, emit, &at);
      if (rc != SQLITE_OK) return rc;
      continue;
    }
    at = one.end;
    if (!is_word(one.code)) continue;
    std::string token;
    Character last = one;
    while (is_word(last.code) && !is_cjk(last.code)) {
      append_folded(last.code, &token);
      at = last.end;
      last = next_character(text, at);
    }
    const int rc =
        emit(context, 0, token.data(), static_cast<int>(token.size()), one.begin, at);
    if (rc != SQLITE_OK) return rc;
  }
}

int create(void* /*context*/, const char** /*arguments*/, int /*count*/, Fts5Tokenizer** out) {
  static int stateless;
  *out = reinterpret_cast<Fts5Tokenizer*>(&stateless);
  return SQLITE_OK;
}

void destroy(Fts5Tokenizer* /*tokenizer*/) {}

/// As SQLite's documentation of FTS5 shows it.
fts5_api* api_of(sqlite3* db) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

}  // namespace

Status register_bigram_tokenizer(sqlite3* db) {
  fts5_api* const api = api_of(db);
  if (api == nullptr) {
    return Error{Code::kInvalid, "this SQLite was built without FTS5, which searching needs"};
  }
  fts5_tokenizer methods{};
  methods.xCreate = create;
  methods.xDelete = destroy;
  methods.xTokenize = tokenize;
  if (api->xCreateTokenizer(api, "bigram", nullptr, &methods, nullptr) != SQLITE_OK) {
    return Error{Code::kIo, "the tokenizer for searching could not be registered"};
  }
  return {};
}

namespace {

struct Word {
  std::string_view text;
  bool cjk = false;
  int characters = 0;
};

/// The words of `typed`: runs of CJK characters, and runs of other letters and digits.
std::vector<Word> split(std::string_view typed) {
  std::vector<Word> words;
  int at = 0;
  while (true) {
    Character one = next_character(typed, at);
    if (one.code < 0) return words;
    at = one.end;
    if (!is_word(one.code) && !is_cjk(one.code)) continue;
    const int begin = one.begin;
    Word word;
    word.cjk = is_cjk(one.code);
    while (word.cjk ? is_cjk(one.code) : is_word(one.code) && !is_cjk(one.code)) {
      at = one.end;
      ++word.characters;
      one = next_character(typed, at);
    }
    word.text = typed.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
    words.push_back(word);
  }
}

}  // namespace

std::string fts_query(std::string_view typed) {
  std::string query;
  for (const Word& word : split(typed)) {
    if (!query.empty()) query += ' ';
    query.append("\"").append(word.text).append("\"");
    if (word.cjk && word.characters == 1) query += '*';
  }
  return query;
}

std::vector<std::string> search_words(std::string_view typed) {
  std::vector<std::string> words;
  for (const Word& word : split(typed)) {
    const std::string text = folded(word.text);
    words.push_back(word.cjk ? text.substr(1, text.size() - 2) : text);
  }
  return words;
}

std::string folded(std::string_view text) {
  std::string out = " ";
  bool last_cjk = false;
  for (int at = 0;;) {
    const Character one = next_character(text, at);
    if (one.code < 0) break;
    at = one.end;
    const bool cjk = is_cjk(one.code);
    const bool part = cjk || is_word(one.code);
    if ((!part || cjk != last_cjk) && out.back() != ' ') out += ' ';
    if (part) append_folded(one.code, &out);
    last_cjk = cjk;
  }
  if (out.back() != ' ') out += ' ';
  return out;
}

}  // namespace yizhan::store
