#include "cli/view.h"

#include <algorithm>
#include <utility>

#include "cli/print.h"

namespace yizhan::cli {

namespace {

constexpr std::size_t kMaxValueCells = 1'000;
constexpr std::size_t kMaxBlockBytes = 1024 * 1024;

std::string spaced(std::string key) {
  std::replace(key.begin(), key.end(), '_', ' ');
  return key;
}

bool is_table(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

/// An object that holds lists is a view of its own.
bool is_section(const Json& value) {
  return value.is_object() &&
         std::any_of(value.begin(), value.end(), [](const Json& entry) { return is_table(entry); });
}

bool is_block(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find('\n') != std::string::npos;
}

/// A value in one cell.
std::string cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_array()) {
    std::string all;
    for (const Json& entry : value) all += (all.empty() ? "" : ", ") + cell(entry);
    return all;
  }
  if (value.is_object()) {
    std::string all;
    for (const auto& [key, entry] : value.items()) {
      if (const std::string text = cell(entry); !text.empty()) {
        all += (all.empty() ? "" : ", ") + spaced(key) + " " + text;
      }
    }
    return all;
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> columns_of(const Json& rows) {
  std::vector<std::string> columns;
  for (const Json& row : rows) {
    for (const auto& [key, value] : row.items()) {
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
  }
  return columns;
}

std::string table(const Json& rows, const std::vector<std::string>& columns) {
  std::vector<std::string> titles;
  for (const std::string& column : columns) {
    titles.push_back(spaced(column.substr(column.find('.') + 1)));
  }
  std::vector<std::vector<std::string>> lines;
  for (const Json& row : rows) {
    lines.emplace_back();
    for (const std::string& column : columns) {
      // "fields.source": a value of an object in the row.
      const std::size_t dot = column.find('.');
      const auto found = row.find(column.substr(0, dot));
      const Json* shown = found == row.end() ? nullptr : &*found;
      if (shown != nullptr && dot != std::string::npos) {
        const auto inner = shown->is_object() ? shown->find(column.substr(dot + 1)) : shown->end();
        shown = shown->is_object() && inner != shown->end() ? &*inner : nullptr;
      }
      lines.back().push_back(shown == nullptr ? "" : cell(*shown));
    }
  }
  return format_table(titles, lines);
}

/// Every line of a long text, each made harmless.
std::string block(const std::string& text) {
  std::string all;
  std::size_t at = 0;
  while (at < text.size() && at < kMaxBlockBytes) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    all += "  " + one_line(std::string_view(text).substr(at, end - at), kMaxValueCells) + "\n";
    at = end + 1;
  }
  return all;
}

/// One line for each value; an object in the object is one too: {"ledger": {"dead": 0}} is
/// "ledger  dead 0".
std::string values(const Json& object) {
  std::size_t widest = 0;
  for (const auto& [key, value] : object.items()) {
    if (!is_table(value) && !is_section(value)) widest = std::max(widest, display_width(key));
  }
  std::string text;
  for (const auto& [key, value] : object.items()) {
    if (is_table(value) || is_block(value) || is_section(value)) continue;
    const std::string line = cell(value);
    if (line.empty()) continue;
    text += spaced(key) + std::string(widest - display_width(key) + 2, ' ') +
            one_line(line, kMaxValueCells) + "\n";
  }
  return text;
}

}  // namespace

std::string format_view(const Json& json, const std::vector<ListColumns>& lists) {
  if (!json.is_object()) return is_table(json) ? table(json, columns_of(json)) : cell(json) + "\n";
  std::string text = values(json);
  const bool titled = !text.empty();
  for (const auto& [key, value] : json.items()) {
    if (!is_table(value)) continue;
    const auto named = std::find_if(lists.begin(), lists.end(), [&, &name = key](const auto& list) {
      return list.list == name;
    });
    if (titled) text += "\n" + spaced(key) + "\n";
    text += table(value, named == lists.end() ? columns_of(value) : named->columns);
  }
  for (const auto& [key, value] : json.items()) {
    if (is_section(value)) text += "\n" + spaced(key) + ":\n" + format_view(value, lists);
  }
  for (const auto& [key, value] : json.items()) {
    if (!is_block(value)) continue;
    text += "\n" + spaced(key) + "\n" + block(value.get_ref<const std::string&>());
  }
  return text;
}

}  // namespace yizhan::cli
