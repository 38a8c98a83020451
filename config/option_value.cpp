#include "config/option_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <limits>
#include <system_error>

#include "config/ids.h"
#include "config/ini_text.h"

namespace yizhan {

namespace {

constexpr std::size_t kMaxArguments = 64;

Error wrong(const std::string& what) {
  return {Code::kInvalid, what};
}

struct SizeUnit {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<SizeUnit, 4> kSizeUnits{{{"GiB", std::size_t{1} << 30},
                                              {"MiB", std::size_t{1} << 20},
                                              {"KiB", std::size_t{1} << 10},
                                              {"B", 1}}};

}  // namespace

Result<std::string> read_path(std::string_view text, const PathBase& base) {
  if (text.empty()) return wrong("a path is needed");
  std::filesystem::path path(text);
  if (text == "~" || text.substr(0, 2) == "~/") {
    if (base.home.empty()) return wrong("\"~\" needs a home folder, and there is none");
    path = std::filesystem::path(base.home) / (text.size() > 2 ? text.substr(2) : "");
  } else if (text.front() == '~') {
    return wrong("only \"~/\" is known, not another user's home; write the whole path");
  } else if (path.is_relative()) {
    path = std::filesystem::path(base.folder) / path;
  }
  if (path.is_relative()) {
    return wrong("\"" + std::string(text) +
                 "\" is relative; name the configuration file by its absolute path, or write one "
                 "here");
  }
  std::string normal = path.lexically_normal().string();
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

Result<Micros> read_duration(std::string_view text, Micros least, Micros most) {
  const std::optional<Micros> duration = parse_duration(text);
  if (!duration) {
    return wrong("\"" + std::string(text) +
                 "\" is not a duration such as 500ms, 10s, 15m, 2h, 90d");
  }
  if (*duration < least || *duration > most) {
    return wrong(std::string(text) + " is not between " + format_duration(least) + " and " +
                 format_duration(most));
  }
  return *duration;
}

Result<std::int64_t> read_integer(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || number < least || number > most) {
    return wrong("\"" + std::string(text) + "\" is not a number from " + std::to_string(least) +
                 " to " + std::to_string(most));
  }
  return number;
}

Result<std::size_t> read_size(std::string_view text, std::size_t least, std::size_t most) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  const auto unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(),
                                 [name](const SizeUnit& each) { return each.name == name; });
  if (error != std::errc{} || unit == kSizeUnits.end()) {
    return wrong("\"" + std::string(text) + "\" is not a size such as 512B, 64KiB, 1MiB");
  }
  if (number > most / unit->bytes || number * unit->bytes < least) {
    return wrong(std::string(text) + " is not between " + write_size(least) + " and " +
                 write_size(most));
  }
  return number * unit->bytes;
}

std::string write_size(std::size_t bytes) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
    }
  }
  return "0B";
}

Result<std::vector<std::string>> read_list(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = ini::trim(text.substr(0, comma));
    if (part.empty()) return wrong("an empty place between commas");
    parts.emplace_back(part);
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string write_list(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

Result<std::vector<std::string>> read_command(std::string_view text, const PathBase& base) {
  std::vector<std::string> arguments;
  bool in_argument = false;
  bool in_quotes = false;
  for (const char c : text) {
    if (!in_quotes && ini::is_blank(c)) {
      in_argument = false;
      continue;
    }
    if (!in_argument) arguments.emplace_back();
    in_argument = true;
    if (c == '"') {
      in_quotes = !in_quotes;
    } else {
      arguments.back() += c;
    }
  }
  if (in_quotes) return wrong("a double quote is not closed");
  if (arguments.empty()) return wrong("a program is needed");
  if (arguments.size() > kMaxArguments) {
    return wrong("more than " + std::to_string(kMaxArguments) + " arguments");
  }
  std::string& program = arguments.front();
  if (program.rfind("~/", 0) != 0 && program.rfind('/', 0) != 0) {
    return wrong("the program \"" + program + "\" has to be an absolute path (or begin with ~/)");
  }
  TRY_ASSIGN(program, read_path(program, base));
  return arguments;
}

std::string write_command(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) {
    const bool plain = !argument.empty() && argument.find_first_of(" \t") == std::string::npos;
    text += text.empty() ? "" : " ";
    text += plain ? argument : '"' + argument + '"';
  }
  return text;
}

}  // namespace yizhan
