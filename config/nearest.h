#pragma once
// "did you mean": for keys, sections, commands and verbs that nobody knows.

#include <string>
#include <string_view>
#include <vector>

namespace yizhan {

/// The name of `known` that `word` was most likely meant to be: few letters added, lost, changed or
/// swapped. Empty if none is near. The first of equally near ones.
std::string_view nearest_name(std::string_view word, const std::vector<std::string_view>& known);

/// The end of an error message: `; did you mean "retention"?`, or, if none is near and there are
/// only a few, `; known are: a, b, c`, or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace yizhan
