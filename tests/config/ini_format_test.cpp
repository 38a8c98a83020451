// Writing documents, and the round trip that holds inih's limits at bay.

#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "config/ini.h"

namespace yizhan {
namespace {

IniSection section_of(const std::string& value) {
  return {"s", 0, {{"k", value, 0}}};
}

std::string reread(const std::string& value) {
  const std::string text = format_ini({section_of(value)});
  const auto document = parse_ini(text, "f.ini");
  INFO(text);
  REQUIRE(document.ok());
  return document->sections.at(0).entries.at(0).value;
}

TEST_CASE("a document is written the way people write it") {
  CHECK(format_ini({{"yizhan", 0, {{"kind", "task", 0}, {"thread", "", 0}}}, {"end", 0, {}}}) ==
        "[yizhan]\nkind = task\nthread =\n\n[end]\n");
  CHECK(format_ini({section_of("a\nb\tc\\d")}) == "[s]\nk = a\\nb\\tc\\\\d\n");
  CHECK(format_ini({section_of(" x ")}) == "[s]\nk = \" x \"\n");
  CHECK(format_ini({section_of("\"x\"")}) == "[s]\nk = \"x\"\n");
  CHECK(format_ini({}).empty());
}

TEST_CASE("awkward values are read back exactly") {
  for (const std::string value : {"",
                                  " ",
                                  "\"",
                                  "\"\"",
                                  "\" \"",
                                  "\"\" \"\"",
                                  " \" ",
                                  "\\",
                                  "\\\\n",
                                  "\\n",
                                  "\n",
                                  "\t",
                                  " \t\n ",
                                  "; x",
                                  "# x",
                                  " ;",
                                  "a = b",
                                  "[s]",
                                  "${x}",
                                  "译",
                                  "\xEF\xBB\xBF",
                                  "C:\\new\\table",
                                  "\"\\\""}) {
    INFO(value);
    CHECK(reread(value) == value);
  }
}

TEST_CASE("what a document cannot hold is replaced, so that it can always be read") {
  CHECK(reread(std::string("a\0b\rc\x1b", 6)) == "a\uFFFDb\uFFFDc\uFFFD");
  CHECK(reread("\xff\xe8\xaf") == "\uFFFD\uFFFD");
  CHECK(format_ini({{"a]\n[b", 0, {{"k = x\n", "v", 0}, {"", "v", 0}}}}) ==
        "[a___b]\nk___x_ = v\n_ = v\n");
  CHECK(format_ini({{"a b c", 0, {}}, {" a", 0, {}}, {"", 0, {}}}) == "[a b_c]\n\n[_a]\n\n[_]\n");
}

class Documents {
 public:
  explicit Documents(unsigned seed) : random_(seed) {}

  std::vector<IniSection> next() {
    std::vector<IniSection> sections;
    std::set<std::string> names;
    for (std::size_t count = below(6); count > 0; --count) {
      IniSection section{name() + (below(3) == 0 ? " " + upper(name()) : ""), 0, {}};
      if (!names.insert(section.name).second) continue;
      std::set<std::string> keys;
      for (std::size_t entries = below(8); entries > 0; --entries) {
        const std::string key = name();
        if (keys.insert(key).second) section.entries.push_back({key, value(), 0});
      }
      sections.push_back(std::move(section));
    }
    return sections;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::string name() {
    static const std::string kCharacters = "abcxyz0189_.-";
    std::string text;
    for (std::size_t size = 1 + below(below(4) == 0 ? 64 : 8); size > 0; --size) {
      text += kCharacters[below(kCharacters.size())];
    }
    return text;
  }
  static std::string upper(std::string text) {
    text[0] = text[0] == 'a' ? 'A' : text[0];
    return text;
  }
  std::string value() {
    // Rich in what inih, or our way around it, could trip over.
    static const std::vector<std::string> kPieces{
        " ",   "  ", "\t",     ";",      " ;",     "#",      "=", ":", "\"",   "\\",
        "\\n", "n",  "t",      "\n",     "[",      "]",      "'", "x", "word", "译文",
        "é",   "😀",  "\u00A0", "\u0085", "\u2028", "\uFEFF", "%", "$", "@",    "\x7f"};
    static const std::vector<std::size_t> kLengths{1, 4, 30, 200, 210, 400, 3000};
    std::string text;
    const std::size_t length = below(kLengths[below(kLengths.size())]);
    while (text.size() < length) text += kPieces[below(kPieces.size())];
    return text;
  }
  std::mt19937 random_;
};

TEST_CASE("any document is read back as it was written") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    const std::vector<IniSection> sections = Documents(seed).next();
    const std::string text = format_ini(sections);
    const auto document = parse_ini(text, "f.ini");
    INFO((document.ok() ? text : document.error().message));
    REQUIRE(document.ok());
    REQUIRE(document->sections.size() == sections.size());
    for (std::size_t i = 0; i < sections.size(); ++i) {
      REQUIRE(document->sections[i].name == sections[i].name);
      REQUIRE(document->sections[i].entries.size() == sections[i].entries.size());
      for (std::size_t k = 0; k < sections[i].entries.size(); ++k) {
        REQUIRE(document->sections[i].entries[k].key == sections[i].entries[k].key);
        REQUIRE(document->sections[i].entries[k].value == sections[i].entries[k].value);
      }
    }
    REQUIRE(format_ini(document->sections) == text);
  }
}

TEST_CASE("a damaged document is refused or read, and what is read can be written") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    Documents documents(seed);
    std::string text = format_ini(documents.next());
    for (std::size_t changes = 1 + documents.below(4); changes > 0 && !text.empty(); --changes) {
      text[documents.below(text.size())] = static_cast<char>(documents.below(256));
    }
    const auto document = parse_ini(text, "f.ini");
    if (!document.ok()) {
      REQUIRE_THAT(document.error().message, Catch::StartsWith("f.ini:"));
      continue;
    }
    const std::string written = format_ini(document->sections);
    const auto again = parse_ini(written, "f.ini");
    REQUIRE(again.ok());
    REQUIRE(format_ini(again->sections) == written);
  }
}

}  // namespace
}  // namespace yizhan
