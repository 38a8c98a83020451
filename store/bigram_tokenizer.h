#pragma once
// Words for FTS5 in texts with Chinese, Japanese or Korean in them: these are cut into overlapping
// pairs of characters, all else into words, case folded. SQLite's own `trigram` finds nothing for a
// word of two characters, which is what most Chinese terms are.

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

struct sqlite3;

namespace yizhan::store {

/// Makes the tokenizer `bigram` known to the connection.
Status register_bigram_tokenizer(sqlite3* db);

/// What a person typed as an FTS5 query that wants all its words: each quoted, so that nothing in
/// it is an operator; a single CJK character finds every word that holds it. Empty if there is no
/// word in it.
std::string fts_query(std::string_view typed);

/// The words of what was typed, case folded: what a record must hold to be found.
std::vector<std::string> search_words(std::string_view typed);
/// `text` as words are compared: case folded, everything that is no word one blank.
std::string folded(std::string_view text);

}  // namespace yizhan::store
