#pragma once
// An answer's JSON as text for people. One form for all verbs: single values first, then lists as
// tables, then long texts, so that a new field shows up without a change here.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace yizhan::cli {

using Json = nlohmann::ordered_json;

/// `lists` names the columns of tables that shall not have all of them: {"tasks", "id kind state"}.
/// A list that is not named shows all keys of its objects, in the order of their first occurrence.
struct ListColumns {
  std::string list;
  std::vector<std::string> columns;
};

/// Never fails: whatever the shape, something readable comes out. Ends with a newline unless empty.
std::string format_view(const Json& json, const std::vector<ListColumns>& lists);

}  // namespace yizhan::cli
