#include <algorithm>
#include <array>
#include <utility>

#include "exchange/glossary.h"
#include "exchange/language.h"

namespace yizhan::exchange {
namespace {

using Kind = Column::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 47> kWords = {{
    {"source", Kind::kSource},
    {"src", Kind::kSource},
    {"source term", Kind::kSource},
    {"sourceterm", Kind::kSource},
    {"source_term", Kind::kSource},
    {"term", Kind::kSource},
    {"原文", Kind::kSource},
    {"源语言", Kind::kSource},
    {"源术语", Kind::kSource},
    {"术语", Kind::kSource},
    {"target", Kind::kTarget},
    {"tgt", Kind::kTarget},
    {"target term", Kind::kTarget},
    {"targetterm", Kind::kTarget},
    {"target_term", Kind::kTarget},
    {"translation", Kind::kTarget},
    {"译文", Kind::kTarget},
    {"目标语言", Kind::kTarget},
    {"目标术语", Kind::kTarget},
    {"翻译", Kind::kTarget},
    {"译名", Kind::kTarget},
    {"comment", Kind::kNote},
    {"comments", Kind::kNote},
    {"note", Kind::kNote},
    {"notes", Kind::kNote},
    {"remark", Kind::kNote},
    {"remarks", Kind::kNote},
    {"备注", Kind::kNote},
    {"注释", Kind::kNote},
    {"说明", Kind::kNote},
    {"definition", Kind::kDefinition},
    {"description", Kind::kDefinition},
    {"定义", Kind::kDefinition},
    {"domain", Kind::kDomain},
    {"subject", Kind::kDomain},
    {"subject field", Kind::kDomain},
    {"领域", Kind::kDomain},
    {"pos", Kind::kPos},
    {"part of speech", Kind::kPos},
    {"词性", Kind::kPos},
    {"status", Kind::kStatus},
    {"状态", Kind::kStatus},
    {"id", Kind::kIgnored},
    {"author", Kind::kIgnored},
    {"date", Kind::kIgnored},
    {"no", Kind::kIgnored},
    {"no.", Kind::kIgnored},
}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kLanguageNames = {{
    {"english", "en"},
    {"chinese", "zh"},
    {"simplified chinese", "zh-Hans"},
    {"chinese (simplified)", "zh-Hans"},
    {"traditional chinese", "zh-Hant"},
    {"chinese (traditional)", "zh-Hant"},
    {"german", "de"},
    {"french", "fr"},
    {"spanish", "es"},
    {"japanese", "ja"},
    {"korean", "ko"},
    {"russian", "ru"},
    {"中文", "zh"},
    {"英文", "en"},
    {"英语", "en"},
    {"汉语", "zh"},
    {"简体中文", "zh-Hans"},
    {"繁体中文", "zh-Hant"},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// A code of two letters, with or without more; three letters are as often a word ("ten", "gas").
std::string language_code(const std::string& cell) {
  const std::size_t end = std::min(cell.find_first_of("-_"), cell.size());
  if (end != 2 && !(end == 3 && end < cell.size())) return {};
  return canonical_language(cell).value_or("");
}

bool column_of(const std::string& cell, Column* column) {
  const std::string word = lower(cell);
  for (const auto& [known, kind] : kWords) {
    if (word == known) {
      column->kind = kind;
      return true;
    }
  }
  for (const auto& [known, lang] : kLanguageNames) {
    if (word == known) {
      *column = {Kind::kLanguage, std::string(lang)};
      return true;
    }
  }
  std::string lang = language_code(cell);
  if (lang.empty()) return false;
  *column = {Kind::kLanguage, std::move(lang)};
  return true;
}

std::string trim(std::string text) {
  const auto white = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && white(text.back())) text.pop_back();
  const auto first = std::find_if_not(text.begin(), text.end(), white);
  text.erase(text.begin(), first);
  return text;
}

}  // namespace

std::vector<Column> header_columns(const std::vector<std::string>& cells) {
  std::vector<Column> columns;
  std::size_t texts = 0;  // columns that hold terms
  for (const std::string& cell : cells) {
    Column column;
    const bool known = column_of(cell, &column);
    // Behind the first two anything may be called anything.
    if (!known && columns.size() < 2) return {};
    const bool text = column.kind == Kind::kSource || column.kind == Kind::kTarget ||
                      column.kind == Kind::kLanguage;
    texts += text ? 1 : 0;
    columns.push_back(std::move(column));
  }
  if (texts < 2) return {};
  return columns;
}

bool split_cells(std::string_view line, char separator, bool quoted,
                 std::vector<std::string>* cells) {
  cells->clear();
  std::string cell;
  bool open = false;
  bool was_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (open && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cell += '"';
      ++i;
    } else if (open && c == '"') {
      open = false;
    } else if (quoted && !open && c == '"' && !was_quoted && trim(cell).empty()) {
      open = was_quoted = true;
      cell.clear();
    } else if (!open && c == separator) {
      cells->push_back(trim(std::move(cell)));
      cell.clear();
      was_quoted = false;
    } else {
      cell += c;
    }
  }
  cells->push_back(trim(std::move(cell)));
  return !open;
}

}  // namespace yizhan::exchange
