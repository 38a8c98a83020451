#include "store/mysql_url.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "config/result.h"

namespace yizhan::store {
namespace {

constexpr std::string_view kScheme = "mysql://";
constexpr std::size_t kMaxDatabaseName = 64;  // MySQL's own limit
constexpr int kMaxPort = 65535;

Error wrong(std::string_view what) {
  return {Code::kInvalid, "store URL: " + std::string(what) +
                              "; write mysql://user:password@host:port/database or"
                              " mysql://user:password@/database?socket=/path"};
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned value = 0;
    if (at + 2 >= text.size()) return std::nullopt;
    const char* const digits = text.data() + at + 1;
    const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
    if (error != std::errc() || end != digits + 2) return std::nullopt;
    out += static_cast<char>(value);
    at += 2;
  }
  return out;
}

/// The name is put between backticks into CREATE DATABASE, where nothing can be bound.
bool is_database_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxDatabaseName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

Status read_credentials(std::string_view text, MysqlUrl& url) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  const auto password =
      percent_decoded(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!user || !password) return wrong("user or password has a bad %-escape");
  url.user = *user;
  url.password = *password;
  return {};
}

Status read_address(std::string_view text, MysqlUrl& url) {
  if (text.empty()) return {};
  std::string_view host = text;
  std::string_view port;
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return wrong("the host has a [ without ]");
  const std::size_t colon = text.find(':', bracket);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port < 1 ||
        url.port > kMaxPort) {
      return wrong("the port is not a number from 1 to 65535");
    }
  }
  if (bracket != 0) host = host.substr(1, bracket - 1);
  if (!host.empty()) url.host = host;
  return {};
}

}  // namespace

std::string MysqlUrl::shown() const {
  const std::string where = socket.empty() ? host + ":" + std::to_string(port) : "socket " + socket;
  return "database " + database + " at " + where;
}

Result<MysqlUrl> parse_mysql_url(const std::string& url) {
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return wrong("it does not start with mysql://");
  rest.remove_prefix(kScheme.size());
  MysqlUrl parsed;
  constexpr std::string_view kSocket = "socket=";
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) {
    const std::string_view option = rest.substr(question + 1);
    rest = rest.substr(0, question);
    const auto path = percent_decoded(option.substr(std::min(kSocket.size(), option.size())));
    if (!option.starts_with(kSocket) || !path || !path->starts_with('/')) {
      return wrong("the only option is socket= with an absolute path");
    }
    parsed.socket = *path;
  }
  const std::size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos) return wrong("the database is missing");
  const std::string_view authority = rest.substr(0, slash);
  parsed.database = rest.substr(slash + 1);
  if (!is_database_name(parsed.database)) {
    return wrong("a database name has 1 to 64 of A-Z a-z 0-9 _ -");
  }
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return wrong("the user is missing");
  TRY(read_credentials(authority.substr(0, at), parsed));
  if (parsed.user.empty()) return wrong("the user is missing");
  TRY(read_address(authority.substr(at + 1), parsed));
  return parsed;
}

}  // namespace yizhan::store
