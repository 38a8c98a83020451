#include "agent/desktop.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/store/temp_folder.h"

namespace yizhan::agent {

namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool has_mime_tools() {
  return ::access("/usr/bin/update-mime-database", X_OK) == 0;
}

}  // namespace

TEST_CASE("the default application is added where defaults are, and nothing else changes") {
  CHECK(with_default_application("") ==
        "[Default Applications]\napplication/x-yizhan-task=yizhan.desktop;\n");
  CHECK(with_default_application("# mine\n[Default Applications]\ntext/html=firefox.desktop\n") ==
        "# mine\n[Default Applications]\napplication/x-yizhan-task=yizhan.desktop;\n"
        "text/html=firefox.desktop\n");
  CHECK(with_default_application("[Added Associations]\napplication/x-yizhan-task=a.desktop") ==
        "[Added Associations]\napplication/x-yizhan-task=a.desktop\n\n"
        "[Default Applications]\napplication/x-yizhan-task=yizhan.desktop;\n");
  const std::string other = "[Default Applications]\napplication/x-yizhan-task=a.desktop;\n";
  CHECK(with_default_application(other) ==
        "[Default Applications]\napplication/x-yizhan-task=yizhan.desktop;\n");
}

TEST_CASE("setting the default twice is setting it once, and undoing restores the list") {
  for (const char* list : {"", "[Default Applications]\ntext/html=x.desktop\n", "no end of line"}) {
    const std::string with = with_default_application(list);
    CHECK(with_default_application(with) == with);
    CHECK_FALSE(says(without_default_application(with), "yizhan"));
    CHECK(without_default_application(list) == list);
  }
  CHECK(
      without_default_application("[Added Associations]\napplication/x-yizhan-task=a.desktop\n") ==
      "[Added Associations]\napplication/x-yizhan-task=a.desktop\n");
}

TEST_CASE("a program's path is quoted as the desktop entry specification wants it") {
  CHECK(exec_word("/usr/bin/yizhan") == "\"/usr/bin/yizhan\"");
  CHECK(exec_word("/opt/my tools/yizhan") == "\"/opt/my tools/yizhan\"");
  CHECK(exec_word("/a$b`c\"d") == R"("/a\\$b\\`c\\"d")");
  CHECK(exec_word("/a\\b") == R"("/a\\\\b")");
  CHECK(exec_word("/100%") == "\"/100%%\"");
  CHECK(exec_word("/a\nb").empty());
  CHECK(exec_word("/a=b").empty());
  CHECK(exec_word("").empty());
}

TEST_CASE("installing writes the type, the entry and the default, and uninstalling removes them") {
  if (!has_mime_tools()) {
    WARN("shared-mime-info is not installed");
    return;
  }
  const store::TempFolder folder;
  const DesktopFolders folders{folder.path() / "data", folder.path() / "config"};
  const fs::path data = folders.data_home;
  const fs::path list = fs::path(folders.config_home) / "mimeapps.list";
  write_text(list, "[Default Applications]\ntext/html=firefox.desktop\n");
  ::chmod(list.c_str(), 0600);
  for (int i = 0; i < 2; ++i) {  // the second time renews it
    const Status installed = desktop_install(folders, "/opt/yi zhan/bin/yizhan");
    if (!installed.ok()) FAIL(installed.error().message);
  }
  const std::string entry = read_text(data / "applications" / "yizhan.desktop");
  CHECK(says(entry, "\nExec=\"/opt/yi zhan/bin/yizhan\" open %F\n"));
  CHECK(says(entry, "\nMimeType=application/x-yizhan-task;\n"));
  CHECK(says(entry, "\nNoDisplay=true\n"));
  CHECK(read_text(data / "mime/packages/yizhan-task.xml") ==
        read_text(YIZHAN_SOURCE_DIR "/packaging/yizhan-task.xml"));
  CHECK(says(read_text(data / "mime/magic"), "90:application/x-yizhan-task"));
  CHECK(says(read_text(data / "mime/globs2"), "application/x-yizhan-task:*.ytask"));
  CHECK(read_text(list) ==
        "[Default Applications]\napplication/x-yizhan-task=yizhan.desktop;\n"
        "text/html=firefox.desktop\n");
  struct stat status {};
  REQUIRE(::stat(list.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);

  REQUIRE(desktop_uninstall(folders).ok());
  CHECK_FALSE(fs::exists(data / "applications" / "yizhan.desktop"));
  CHECK_FALSE(fs::exists(data / "mime/packages/yizhan-task.xml"));
  CHECK_FALSE(says(read_text(data / "mime/magic"), "yizhan"));
  CHECK(read_text(list) == "[Default Applications]\ntext/html=firefox.desktop\n");
  REQUIRE(desktop_uninstall(folders).ok());
}

TEST_CASE("a list of defaults that is a link stays one") {
  if (!has_mime_tools()) return;
  const store::TempFolder folder;
  const DesktopFolders folders{folder.path() / "data", folder.path() / "config"};
  write_text(folder.path() / "dotfiles" / "mimeapps", "");
  fs::create_directories(folders.config_home);
  const fs::path list = fs::path(folders.config_home) / "mimeapps.list";
  fs::create_symlink(folder.path() / "dotfiles" / "mimeapps", list);
  REQUIRE(desktop_install(folders, "/usr/bin/yizhan").ok());
  CHECK(fs::is_symlink(list));
  CHECK(says(read_text(folder.path() / "dotfiles" / "mimeapps"), "yizhan.desktop"));
}

TEST_CASE("what cannot be installed says why and leaves nothing") {
  const store::TempFolder folder;
  const DesktopFolders folders{folder.path() / "data", folder.path() / "config"};
  CHECK(desktop_install(folders, "yizhan").error().code == Code::kInvalid);
  CHECK(desktop_install(folders, "/a\nb").error().code == Code::kInvalid);
  CHECK_FALSE(fs::exists(folders.data_home));
  write_text(folder.path() / "data", "a file where a folder should be");
  CHECK(desktop_install(folders, "/usr/bin/yizhan").error().code == Code::kIo);
}

}  // namespace yizhan::agent
