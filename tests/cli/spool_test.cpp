// `yizhan open` until the file lies in the spool.

#include "cli/spool.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "config/files.h"
#include "store/disk.h"
#include "tests/config/temp_folder.h"

namespace yizhan::cli {
namespace {

namespace fs = std::filesystem;

const Now kNow{Instant{std::chrono::hours{500'000}}, Steady{std::chrono::hours{1}}};

struct Desk {
  TempFolder folder;
  std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  AgentOptions options;

  Desk() {
    options.state_dir = folder.path() + "/state";
    options.user = "li.wei";
  }
  std::string put(const std::string& name, const std::string& text) const {
    REQUIRE(write_file_atomic(folder.path() + "/" + name, text, 0644).ok());
    return folder.path() + "/" + name;
  }
  std::size_t spooled() const {
    if (!fs::exists(options.state_dir + "/spool")) return 0;
    return static_cast<std::size_t>(std::distance(
        fs::directory_iterator(options.state_dir + "/spool"), fs::directory_iterator()));
  }
  Result<std::string> open(const std::string& path) const {
    return spool_task_file(*disk, options, path, kNow);
  }
};

std::string question(const std::string& more_envelope, const std::string& more_question) {
  return "[yizhan]\nversion = 1\nkind = question\nid = 0190b3a2-7c41-7e52-9f0a-3d5e8c1b2a01\n"
         "created = 2026-03-04T09:12:00+08:00\nrecipient = user:zhang.min\n" +
         more_envelope + "\n[question]\ncategory = terminology\ntext = ?\n" + more_question +
         "\n[end]\n";
}

TEST_CASE("a task file lies in the spool with its attachments and where it came from") {
  const Desk desk;
  desk.put("screen.txt", "what I see");
  const std::string path = desk.put("q.ini", question("", "attach.1 = screen.txt\n"));
  const auto spooled = desk.open(path);
  INFO((spooled.ok() ? "" : spooled.error().message));
  REQUIRE(spooled.ok());
  CHECK(*read_file(*spooled + "/q.ini", 10'000) == *read_file(path, 10'000));
  CHECK(*read_file(*spooled + "/screen.txt", 100) == "what I see");
  CHECK(*read_file(*spooled + "/.from", 1'000) == fs::canonical(path).string() + "\n");
  CHECK(fs::exists(path));
  CHECK(desk.spooled() == 1);
}

TEST_CASE("what is no task file, or has an error, is told and not spooled") {
  const Desk desk;
  CHECK(desk.open(desk.folder.path() + "/none.ini").error().code == Code::kNotFound);
  const auto foreign = desk.open(desk.put("desktop.ini", "[.ShellClassInfo]\nIcon=1\n"));
  REQUIRE_FALSE(foreign.ok());
  CHECK(foreign.error().code == Code::kInvalid);
  const std::string bad = desk.put("bad.ini", question("kind = task\n", ""));
  const auto wrong = desk.open(bad);
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().message.find(bad + ":7:") != std::string::npos);
  CHECK_FALSE(desk.open(desk.folder.path()).ok());
  CHECK(desk.spooled() == 0);
}

TEST_CASE("a missing attachment stops a file of ours, not one that was sent to us") {
  const Desk desk;
  const auto mine = desk.open(desk.put("mine.ini", question("", "attach.1 = gone.txt\n")));
  REQUIRE_FALSE(mine.ok());
  CHECK(mine.error().message.find("gone.txt") != std::string::npos);
  CHECK(desk.spooled() == 0);
  CHECK(desk.open(desk.put("theirs.ini",
                           question("sender = user:zhang.min\n", "attach.1 = gone.txt\n")))
            .ok());
  CHECK_FALSE(
      desk.open(desk.put("mine2.ini", question("sender = user:li.wei\n", "attach.1 = gone.txt\n")))
          .ok());
}

TEST_CASE(
    "the same file opened twice is two entries: that it is one message is the agent's to know") {
  const Desk desk;
  const std::string path = desk.put("q.ini", question("", ""));
  const auto first = desk.open(path);
  const auto second = desk.open(path);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(*first != *second);
  CHECK(desk.spooled() == 2);
}

TEST_CASE("a link is opened as what it points to") {
  const Desk desk;
  const std::string path = desk.put("q.ini", question("", ""));
  fs::create_symlink(path, desk.folder.path() + "/link.ini");
  const auto spooled = desk.open(desk.folder.path() + "/link.ini");
  REQUIRE(spooled.ok());
  CHECK(fs::exists(*spooled + "/q.ini"));
}

}  // namespace
}  // namespace yizhan::cli
