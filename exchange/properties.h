#pragma once
// What a file says of a record beyond our fields, as the JSON object that records keep.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yizhan::exchange {

/// In the order of the file; a name may come more than once.
using Properties = std::vector<std::pair<std::string, std::string>>;

/// {"name": "value", "name of several": ["a", "b"]}; "" for none.
std::string to_json(const Properties& properties);
/// What of `json` has that form; nothing if it is no JSON object.
Properties from_json(std::string_view json);
/// The first of that name; nullptr if there is none.
const std::string* find_property(const Properties& properties, std::string_view name);

}  // namespace yizhan::exchange
