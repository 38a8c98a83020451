#pragma once
// Who is who: OmegaT names authors by its preference "team_Author" or by the login name of the
// computer, Trados as DOMAIN\user. Pure.

#include <map>
#include <string>
#include <string_view>

#include "config/result.h"

namespace yizhan::exchange {

class OmegatUsers {
 public:
  /// `own` is the user of this machine's agent, `login` the account it runs as: OmegaT's name for
  /// the same person, unless he set another.
  OmegatUsers(std::string own, std::string_view login);

  /// "root = li.wei, ACME\wf = wang.fang". kInvalid for a pair without "=", an empty side, or a
  /// name given twice.
  Status add(std::string_view pairs);

  /// The user whom OmegaT calls `change_id`. Case and a domain before "\" do not count unless the
  /// map has them. No name: this machine's user. A name that nobody knows: that name.
  std::string user_of(std::string_view change_id) const;

 private:
  std::string own_;
  std::map<std::string, std::string> users_;  // lower-case name → user
};

}  // namespace yizhan::exchange
