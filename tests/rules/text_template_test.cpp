#include "rules/text_template.h"

#include <catch2/catch.hpp>
#include <string>

#include "rules/parse.h"
#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

TextTemplate text_of(const std::string& lines) {
  auto parsed = parse_tables("[template t]\n" + lines, "t.ini");
  for (const std::string& error : parsed.errors) UNSCOPED_INFO(error);
  REQUIRE(parsed.tables);
  return parsed.tables->templates.at("t");
}

}  // namespace

TEST_CASE("a text is in the language of its reader, with the message's values in it") {
  const TextTemplate text = text_of(
      "subject.en = ${project.id} is late\ntext.en = Line one\\nfor ${sender}\n"
      "subject.zh = ${project.id} 已逾期\ntext.zh = 致 ${sender}\n");
  CHECK(text.file == "t.ini");
  CHECK(text.line == 1);
  const FakeEvent event({{"project.id", "PRJ-1"}, {"sender", "li.wei"}});
  const auto english = render(text, "en", event);
  REQUIRE(english.ok());
  CHECK(english->subject == "PRJ-1 is late");
  CHECK(english->text == "Line one\nfor li.wei");
  CHECK(english->missing.empty());
  for (const char* tag : {"zh", "zh-CN", "zh-Hans-CN", "zh_TW"}) {
    CHECK(render(text, tag, event)->subject == "PRJ-1 已逾期");
    CHECK(render(text, tag, event)->text == "致 li.wei");
  }
  for (const char* tag : {"", "de", "en-GB", "zhx"}) {
    CHECK(render(text, tag, event)->text == "Line one\nfor li.wei");
  }
}

TEST_CASE("what a language lacks is taken from the other") {
  const TextTemplate text = text_of("subject.en = late\ntext.zh = 迟\n");
  const FakeEvent event({});
  CHECK(render(text, "zh", event)->subject == "late");
  CHECK(render(text, "en", event)->text == "迟");
  CHECK(render(text_of("text.en = only\n"), "zh", event)->subject.empty());
}

TEST_CASE("missing fields become empty, and each is named once") {
  const auto rendered =
      render(text_of("subject.en = ${a.b}\ntext.en = ${a.b}-${c.d}\n"), "en", FakeEvent({}));
  CHECK(rendered->text == "-");
  CHECK(rendered->missing == std::vector<std::string>{"a.b", "c.d"});
}

TEST_CASE("a hostile value stays a value") {
  const auto rendered = render(text_of("text.en = ${a.b}\n"), "en",
                               FakeEvent({{"a.b", "${kind}\n[data-state x]"}, {"kind", "task"}}));
  CHECK(rendered->text == "${kind}\n[data-state x]");
}

TEST_CASE("a text is bounded") {
  const FakeEvent event({{"x.y", std::string(kMaxExpandedBytes, 'a')}});
  CHECK(render(text_of("text.en = ${x.y}\n"), "en", event).ok());
  CHECK(render(text_of("text.en = ${x.y}.\n"), "en", event).error().code == Code::kLimit);
}

TEST_CASE("templates that are wrong are refused where they are wrong") {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"[template t]\ntext.en = ${knid}\n",
       "t.ini:2: text.en: unknown field \"knid\"; did you mean \"kind\"?; fields outside the "
       "envelope are written section.key"},
      {"[template t]\ntext.en = ${kind\n", "t.ini:2: text.en: \"${\" is not closed"},
      {"[template t]\ntext.en = ${sender.role}\n", "t.ini:2: text.en: \"${sender.role}\" has many"},
      {"[template t]\ntext.de = x\n",
       "t.ini:2: unknown key \"text.de\"; did you mean \"text.en\"?"},
      {"[template t]\nsubject.en = x\n",
       "t.ini:1: the template has no text; write text.en = … or text.zh = …"},
      {"[template forward]\ntext.en = x\n",
       "t.ini:1: \"forward\" is built in; choose another name"},
      {"[template]\ntext.en = x\n", "t.ini:1: [template] needs a name of letters"},
      {"[template t]\ntext.en = x\n[template t]\ntext.en = x\n", "t.ini:3: "},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    const auto parsed = parse_tables(one.text, "t.ini");
    REQUIRE(parsed.errors.size() == 1);
    CHECK_THAT(parsed.errors[0], Catch::StartsWith(one.error));
  }
}

TEST_CASE("templates are bounded") {
  std::string text;
  for (std::size_t i = 0; i < kMaxTemplates; ++i) {
    text += "[template t" + std::to_string(i) + "]\ntext.en = x\n";
  }
  CHECK(parse_tables(text, "t.ini").tables);
  const auto more = parse_tables(text + "[template more]\ntext.en = x\n", "t.ini");
  REQUIRE(more.errors.size() == 1);
  CHECK(more.errors[0] == "t.ini:2001: more than 1000 templates");
}

}  // namespace yizhan::rules
