#pragma once
#include <string>
#include <string_view>

namespace yizhan {

/// A sample configuration in use: the "#" is taken off every key and header ("#key = …", not
/// "# prose").
inline std::string uncommented(const std::string& sample) {
  std::string text;
  for (std::size_t start = 0; start < sample.size();) {
    const std::size_t end = sample.find('\n', start) + 1;
    const std::string_view line = std::string_view(sample).substr(start, end - start);
    text += line.size() > 2 && line[0] == '#' && line[1] != ' ' ? line.substr(1) : line;
    start = end;
  }
  return text;
}

/// The text without its line that begins with `start`.
inline std::string without_line(std::string text, const std::string& start) {
  const std::size_t at = text.find("\n" + start);
  if (at != std::string::npos) text.erase(at, text.find('\n', at + 1) - at);
  return text;
}

}  // namespace yizhan
