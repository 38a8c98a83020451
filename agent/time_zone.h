#pragma once
// Which time zone this machine's owner lives in, by its name in the tz database: what a broker
// reads working hours on. Pure: machine_linux.cpp looks at the system.

#include <string>
#include <string_view>

namespace yizhan::agent {

/// What a Linux system says about its time zone; empty where it says nothing.
struct ZoneHints {
  std::string variable;       ///< TZ: "Asia/Shanghai", ":Asia/Shanghai", a path, or "CST-8"
  std::string localtime;      ///< where the link /etc/localtime leads
  std::string timezone_file;  ///< the text of /etc/timezone
};

/// The name, "Asia/Shanghai", from the first hint that holds one: the variable, which is this
/// account's, before the machine's. Empty if none does: a rule such as "CST-8" has no name. Whether
/// there is such a zone is not looked at; the broker, whose tables count, does.
std::string zone_name(const ZoneHints& hints);

}  // namespace yizhan::agent
