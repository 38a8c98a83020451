#include "config/option_value.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace yizhan {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const PathBase kBase{"/etc/yizhan/", "/home/li"};

TEST_CASE("paths become absolute") {
  CHECK(*read_path("/var//lib/../x/", kBase) == "/var/x");
  CHECK(*read_path("~/in", kBase) == "/home/li/in");
  CHECK(*read_path("~", kBase) == "/home/li");
  CHECK(*read_path("rules", kBase) == "/etc/yizhan/rules");
  CHECK(*read_path("../x y", kBase) == "/etc/x y");
  CHECK(*read_path("/", kBase) == "/");
}

TEST_CASE("paths that cannot become absolute are refused") {
  CHECK_FALSE(read_path("", kBase).ok());
  CHECK_FALSE(read_path("~wang/in", kBase).ok());
  CHECK_FALSE(read_path("~/in", {"/etc", ""}).ok());
  CHECK_FALSE(read_path("in", {"", "/home/li"}).ok());
}

TEST_CASE("numbers, durations and sizes have a least and a greatest value") {
  CHECK(*read_integer("1", 1, 64) == 1);
  CHECK(*read_integer("64", 1, 64) == 64);
  for (const char* text : {"0", "65", "", "x", "1x", "1.0", " 1", "99999999999999999999"}) {
    CHECK_FALSE(read_integer(text, 1, 64).ok());
  }
  CHECK(*read_duration("1h", seconds{1}, hours{1}) == hours{1});
  for (const char* text : {"61m", "999ms", "10", ""}) {
    CHECK_FALSE(read_duration(text, seconds{1}, hours{1}).ok());
  }
  CHECK(*read_size("64KiB", 1, 1 << 20) == 65536);
  CHECK(*read_size("1MiB", 1, 1 << 20) == 1 << 20);
  CHECK(*read_size("100B", 1, 1 << 20) == 100);
  for (const char* text : {"2MiB", "0B", "64", "64kb", "-1KiB", "", "18446744073709551615GiB"}) {
    CHECK_FALSE(read_size(text, 1, 1 << 20).ok());
  }
  CHECK(write_size(65536) == "64KiB");
  CHECK(write_size(65537) == "65537B");
  CHECK(write_size(0) == "0B");
}

TEST_CASE("lists are parted by commas") {
  CHECK(*read_list("a, b c ,d") == std::vector<std::string>{"a", "b c", "d"});
  CHECK(read_list("")->empty());
  CHECK_FALSE(read_list("a,,b").ok());
  CHECK_FALSE(read_list("a,").ok());
  CHECK_FALSE(read_list(",").ok());
  CHECK(write_list({"a", "b c"}) == "a, b c");
}

TEST_CASE("a command is split without a shell") {
  using Arguments = std::vector<std::string>;
  CHECK(*read_command("/bin/x  -a\t\"b c\" d\"e f\"g \"\"", kBase) ==
        Arguments{"/bin/x", "-a", "b c", "de fg", ""});
  CHECK(*read_command("~/bin/x ${file} $HOME;rm *|'a b'", kBase) ==
        Arguments{"/home/li/bin/x", "${file}", "$HOME;rm", "*|'a", "b'"});
  CHECK(*read_command("\"/opt/my tools/x\"", kBase) == Arguments{"/opt/my tools/x"});
}

TEST_CASE("a command that is not one is refused") {
  for (const char* text : {"", "  ", "x", "./x", "bin/x", "\"\" a", "/bin/x \"a", "${tool} a"}) {
    INFO(text);
    CHECK_FALSE(read_command(text, kBase).ok());
  }
  std::string many = "/bin/x";
  for (int i = 0; i < 63; ++i) many += " a";
  CHECK(read_command(many, kBase).ok());
  CHECK_FALSE(read_command(many + " a", kBase).ok());
}

TEST_CASE("a command is read back as it was shown") {
  const std::vector<std::string> arguments{"/bin/x y", "-a", "b c", "", "${file}"};
  CHECK(*read_command(write_command(arguments), kBase) == arguments);
}

}  // namespace
}  // namespace yizhan
