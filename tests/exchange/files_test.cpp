#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "collect.h"
#include "exchange/files_posix.h"

using namespace yizhan;
using namespace yizhan::exchange;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "exchange.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string content(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("a file appears under its name only when it is whole") {
  const Folder folder;
  {
    const auto output = FileOutput::create(folder / "t.new");
    REQUIRE(output.ok());
    REQUIRE((*output)->write("half").ok());
  }
  CHECK_FALSE(fs::exists(folder / "t.new"));
  const auto output = FileOutput::create(folder / "t.new");
  REQUIRE((*output)->write("whole").ok());
  REQUIRE((*output)->commit(folder / "t").ok());
  CHECK(content(folder / "t") == "whole");
  CHECK_FALSE(fs::exists(folder / "t.new"));
}

TEST_CASE("what cannot be put in place leaves what was there") {
  const Folder folder;
  std::ofstream(folder / "t") << "old";
  const auto output = FileOutput::create(folder / "t.new");
  CHECK((*output)->commit(folder / "missing/t").error().code == Code::kIo);
  CHECK_FALSE(fs::exists(folder / "t.new"));
  CHECK(content(folder / "t") == "old");
  CHECK_FALSE(FileOutput::create(folder / "missing/t").ok());
}

TEST_CASE("a full disk is an error of the writer") {
  const Folder folder;
  const auto output = FileOutput::create(folder / "t.new");
  // A file that may not grow fails as one on a full disk does.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Status written = (*output)->write(std::string(10'000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().code == Code::kIo);
}

TEST_CASE("the temporary file is never something else that stands there") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(FileOutput::create(folder / "pipe").ok());
  CHECK(fs::exists(folder / "pipe"));
}

TEST_CASE("only regular files are read, and a pipe does not block") {
  const Folder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  Collect sink;
  CHECK(read_file(folder / "pipe", {}, &sink).error().code == Code::kInvalid);
  CHECK(read_file(folder / "none", {}, &sink).error().code == Code::kNotFound);
  CHECK_FALSE(read_file(folder / "", {}, &sink).ok());
}

TEST_CASE("progress counts up to the size of the file, in every format") {
  for (const char* name : {"trados.tmx", "memoq.tmx", "v2.tbx"}) {
    Collect sink;
    std::uint64_t last = 0;
    std::uint64_t size = 0;
    const auto progress = [&](std::uint64_t read, std::uint64_t total) {
      CHECK(read >= last);
      last = read;
      size = total;
    };
    REQUIRE(read_file(fixture(name), {}, &sink, progress).ok());
    CHECK(last == fs::file_size(fixture(name)));
    CHECK(size == last);
  }
}

TEST_CASE("the format is told by content, not by name") {
  const Folder folder;
  fs::copy_file(fixture("trados.tmx"), folder / "x.csv");
  Collect sink;
  CHECK(read_file(folder / "x.csv", {}, &sink)->format == "TMX 1.4");
  CHECK(parse_format("tbx2") == Format::kTbxV2);
  CHECK_FALSE(parse_format("docx"));
  CHECK(std::string(format_name(Format::kTsv)) == "tsv");
}

TEST_CASE("a language option that is no language is refused") {
  CHECK(read_text(tmx_of(""), languages("Klingon", "")).error().find("'Klingon'") == 0);
}
