#include "exchange/omegat_users.h"

#include <algorithm>
#include <set>

#include "exchange/omegat_text.h"

namespace yizhan::exchange {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

OmegatUsers::OmegatUsers(std::string own, std::string_view login) : own_(std::move(own)) {
  if (!login.empty()) users_.emplace(lower(login), own_);
}

Status OmegatUsers::add(std::string_view pairs) {
  std::set<std::string> given;
  while (!trimmed(pairs).empty()) {
    const std::size_t comma = pairs.find(',');
    const std::string_view pair = trimmed(pairs.substr(0, comma));
    pairs = comma == std::string_view::npos ? std::string_view() : pairs.substr(comma + 1);
    const std::size_t equals = pair.find('=');
    const std::string name(lower(trimmed(pair.substr(0, equals))));
    const std::string_view user =
        equals == std::string_view::npos ? std::string_view() : trimmed(pair.substr(equals + 1));
    if (name.empty() || user.empty()) {
      return Error{Code::kInvalid, "'" + std::string(pair) +
                                       "' names no user; write OMEGAT-NAME = USER, with commas "
                                       "between"};
    }
    if (!given.insert(name).second) {
      return Error{Code::kInvalid, "'" + name + "' stands twice"};
    }
    users_[name] = user;
  }
  return {};
}

std::string OmegatUsers::user_of(std::string_view change_id) const {
  const std::string name = lower(trimmed(change_id));
  if (const auto found = users_.find(name); found != users_.end()) return found->second;
  const std::size_t domain = name.rfind('\\');
  if (domain != std::string::npos) {
    if (const auto found = users_.find(name.substr(domain + 1)); found != users_.end()) {
      return found->second;
    }
  }
  return name.empty() ? own_ : std::string(trimmed(change_id));
}

}  // namespace yizhan::exchange
