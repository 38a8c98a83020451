// Files that somebody made to hurt, or that a cable cut.

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "collect.h"
#include "exchange/xml.h"
#include "wire/limits.h"

using namespace yizhan;
using namespace yizhan::exchange;

namespace {

// Sanitizers keep what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

std::string with_doctype(const std::string& doctype, const std::string& body) {
  return "<?xml version=\"1.0\"?>\n" + doctype +
         "\n<tmx version=\"1.4\"><header srclang=\"en-US\"/><body>\n" + body + "</body></tmx>";
}

/// Never ends by itself: as many bytes as asked for, of a pattern.
class Endless final : public ByteSource {
 public:
  Endless(std::string start, std::string pattern, std::uint64_t bytes)
      : text_(std::move(start)), pattern_(std::move(pattern)), left_(bytes) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    while (text_.size() < size && left_ > 0) {
      text_ += pattern_;
      left_ -= std::min<std::uint64_t>(left_, pattern_.size());
    }
    const std::size_t count = text_.copy(into, size);
    text_.erase(0, count);
    served += count;
    return count;
  }
  Status rewind() override {
    text_ = start_copy_;
    left_ = left_copy_;
    return {};
  }
  std::uint64_t size() const override { return left_copy_; }
  const std::string& name() const override { return name_; }
  std::uint64_t served = 0;

 private:
  std::string name_ = "long.tmx";
  std::string text_;
  std::string start_copy_ = text_;
  std::string pattern_;
  std::uint64_t left_;
  std::uint64_t left_copy_ = left_;
};

std::string start_of_tmx() {
  return "<tmx version=\"1.4\"><header srclang=\"en-US\"/><body>";
}

}  // namespace

TEST_CASE("a document type that only names a file is passed over and nothing is opened") {
  for (const char* doctype : {"<!DOCTYPE tmx SYSTEM \"tmx14.dtd\">",
                              "<!DOCTYPE tmx SYSTEM \"http://192.0.2.1/tmx14.dtd\">",
                              "<!DOCTYPE tmx PUBLIC \"-//LISA//DTD TMX//EN\" \"/etc/passwd\">"}) {
    CHECK(read_text(with_doctype(doctype, tu_of("a", "b"))).sink.units.size() == 1);
  }
}

TEST_CASE("declarations inside the file are refused, whatever they declare") {
  for (const char* subset :
       {"<!ENTITY e SYSTEM \"file:///etc/passwd\">", "<!ENTITY a \"aaaa\">", "", "%p;",
        "<!ENTITY % p SYSTEM \"http://192.0.2.1/x\"> %p;", "<!ELEMENT tmx ANY>",
        "<!ENTITY a \"1\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">"}) {
    const Read read =
        read_text(with_doctype("<!DOCTYPE tmx [" + std::string(subset) + "]>", tu_of("&e;", "b")));
    INFO(subset);
    REQUIRE_FALSE(read.report.ok());
    CHECK(read.sink.units.empty());
    CHECK(read.error().find("a.tmx:2: the document type has declarations") == 0);
  }
}

TEST_CASE("an entity that XML does not know is refused by name, with and without a document type") {
  const Read with =
      read_text(with_doctype("<!DOCTYPE tmx SYSTEM \"x.dtd\">", tu_of("&nbsp;", "b")));
  CHECK(with.error().find("a.tmx:4, unit 1: ") != 0);
  CHECK(with.error().find("the entity &nbsp;") != std::string::npos);
  CHECK_FALSE(read_text(tmx_of(tu_of("&nbsp;", "b"))).report.ok());
}

TEST_CASE("elements are nested so deep and no deeper") {
  const auto nested = [](int depth) {
    std::string open, close;
    for (int i = 0; i < depth; ++i) {
      open += "<hi>";
      close += "</hi>";
    }
    return read_text(tmx_of(tu_of(open + "x" + close, "b")));
  };
  constexpr int kAround = 5;  // tmx body tu tuv seg
  CHECK(nested(kMaxXmlDepth - kAround).report.ok());
  const Read read = nested(kMaxXmlDepth - kAround + 1);
  CHECK(read.error().find("a.tmx:3: elements are nested more than 64 deep") == 0);
}

TEST_CASE("half a file is an error, wherever it was cut") {
  const std::string whole = tmx_of(tu_of("Check <ph x=\"1\">a</ph>", "b&amp;") + tu_of("c", "d"));
  for (std::size_t size = whole.find("<header"); size < whole.find("</tmx>") + 6; ++size) {
    const Read read = read_text(std::string_view(whole).substr(0, size));
    INFO(size);
    REQUIRE_FALSE(read.report.ok());
    CHECK(read.error().find("a.tmx:") == 0);
    CHECK(read.error().find("not whole") != std::string::npos);
  }
}

TEST_CASE("an empty file and one that is not ours say so") {
  CHECK_FALSE(read_text("").report.ok());
  CHECK_FALSE(read_text("<?xml version=\"1.0\"?>").report.ok());
  const Read html = read_text("<html><body/></html>");
  CHECK(html.error() == "a.tmx:1: <html> is not the beginning of a TMX, TBX or XLIFF file");
}

// Found by fuzzing: expat tells of the end of an empty element whose start was refused.
TEST_CASE("an empty element that is refused ends the reading too") {
  CHECK(read_text("<html/>").error().find("a.tmx:1: <html>") == 0);
  const Read twice =
      read_text(tmx_of("<tu><tuv xml:lang=\"en\"><seg>a</seg><seg/></tuv></tu>" + tu_of("b", "c")));
  CHECK(twice.error().find("a.tmx:3, unit 1: two <seg>") == 0);
  CHECK(twice.sink.units.empty());
}

TEST_CASE("errors of form name the line") {
  const Read read = read_text(tmx_of("<tu>\n<tuv></tu>"));
  CHECK(read.error().find("a.tmx:4: not well-formed XML: mismatched tag") == 0);
}

TEST_CASE("a gigabyte on one line is refused after a little of it, whatever it is") {
  constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;
  constexpr std::uint64_t kEnough = 2 * 1024 * 1024;
  const std::string start = start_of_tmx();
  const std::string in_seg = start + "<tu><tuv xml:lang=\"en-US\"><seg>";
  for (const auto& [begin, pattern] : std::vector<std::pair<std::string, std::string>>{
           {in_seg, "x"},
           {in_seg, "&amp;"},
           {in_seg + "<![CDATA[", "x"},
           {start + "<!--", "y"},
           {start + "<tu tuid=\"", "z"},
           {start + "<tu ", "a"},
           {start + "<?pi ", "b"},
           {in_seg, "<hi>"},
           {in_seg, "<ph/>"},
           {start + "<tu><note>", "齿"},
           {start + "<", "n"},
           {"<!DOCTYPE tmx SYSTEM \"", "d"},
           {"<!DOCTYPE ", "d"},
           {start + "<tu>", "<tuv xml:lang=\"zh\"><seg/></tuv>"},
           {start + "&", "e"}}) {
    Endless source(begin, pattern, kGigabyte);
    Collect sink;
    const auto report = read_source(&source, {}, &sink);
    INFO(begin << pattern);
    REQUIRE_FALSE(report.ok());
    CHECK(report.error().message.find("long.tmx:1") == 0);
    CHECK(source.served < kEnough);
  }
}

TEST_CASE("many units on one line need the memory of one") {
  class Count final : public Sink {
   public:
    Status unit(wire::Record) override {
      ++units;
      return {};
    }
    Status entry(wire::Record, std::vector<wire::Record>) override { return {}; }
    int units = 0;
  } sink;
  const auto peak_kib = [] {
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  std::string unit = tu_of("Check the gear.", "检查齿轮。");
  unit.pop_back();  // its newline
  Endless source(start_of_tmx(), unit, 20 * 1024 * 1024);
  const long before = peak_kib();
  const auto report = read_source(&source, {}, &sink);
  CHECK(report.error().message.find("not whole") != std::string::npos);
  CHECK(sink.units > 100'000);
  if (!kSanitized) CHECK(peak_kib() - before < 8 * 1024);
}
