#include "agent/time_zone.h"

#include <catch2/catch.hpp>
#include <string>

namespace yizhan::agent {

TEST_CASE("the first of what a system says that names a zone counts") {
  struct Row {
    ZoneHints hints;
    std::string name;
  };
  const std::string link = "/usr/share/zoneinfo/Europe/Berlin";
  const Row row = GENERATE_COPY(
      Row{{"Asia/Shanghai", link, "Asia/Tokyo\n"}, "Asia/Shanghai"},
      Row{{":Asia/Shanghai", link, ""}, "Asia/Shanghai"},
      Row{{":/usr/share/zoneinfo/Asia/Shanghai", link, ""}, "Asia/Shanghai"},
      Row{{"/usr/share/zoneinfo/posix/Asia/Shanghai", link, ""}, "Asia/Shanghai"},
      Row{{"UTC", link, ""}, "UTC"}, Row{{"Etc/GMT+8", "", ""}, "Etc/GMT+8"},
      Row{{"America/Argentina/Buenos_Aires", "", ""}, "America/Argentina/Buenos_Aires"},
      // Rules have no name; the machine may have one.
      Row{{"CST-8", link, ""}, "Europe/Berlin"}, Row{{"<+08>-8", link, ""}, "Europe/Berlin"},
      Row{{"EST5EDT,M3.2.0,M11.1.0", link, ""}, "Europe/Berlin"},
      Row{{"", link, "Asia/Tokyo\n"}, "Europe/Berlin"},
      Row{{"", "../usr/share/zoneinfo/right/Europe/Berlin", ""}, "Europe/Berlin"},
      Row{{"", "/etc/mytime", "Asia/Tokyo\n"}, "Asia/Tokyo"},
      Row{{"", "", "  Asia/Tokyo \r\n"}, "Asia/Tokyo"});
  CHECK(zone_name(row.hints) == row.name);
}

TEST_CASE("what names no zone is nothing") {
  for (const std::string text :
       {"", ":", " ", "/", "/etc/passwd", "../../etc/passwd", "Asia/", "Asia//Shanghai", "8",
        "Asia/Shang hai", "Asia/Shanghai;id", "亚洲/上海", "/usr/share/zoneinfo/"}) {
    INFO(text);
    CHECK(zone_name({text, text, text}).empty());
  }
  CHECK(zone_name({"Asia/" + std::string(60, 'a'), "", ""}).empty());
  CHECK_FALSE(zone_name({"Asia/" + std::string(59, 'a'), "", ""}).empty());
}

}  // namespace yizhan::agent
