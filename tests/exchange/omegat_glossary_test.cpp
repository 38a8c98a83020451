#include "exchange/omegat_glossary.h"

#include <catch2/catch.hpp>

using namespace yizhan;
using namespace yizhan::exchange;

namespace {

const OmegatProject kProject = *default_omegat_project("/p/gear", "en-US", "zh-CN");

wire::Record term(const std::string& lang, const std::string& text, const std::string& status,
                  const std::string& note = "") {
  wire::Record made = wire::make_record(wire::TERM);
  wire::set_value(&made, wire::term::kLang, lang);
  wire::set_value(&made, wire::term::kText, text);
  wire::set_value(&made, wire::term::kStatus, status);
  wire::set_value(&made, wire::term::kNote, note);
  return made;
}

wire::Record entry(const std::string& definition = "") {
  wire::Record made = wire::make_record(wire::CONCEPT);
  wire::set_value(&made, wire::concept_entry::kTermbase, "HL");
  wire::set_value(&made, wire::concept_entry::kDefinition, definition);
  return made;
}

const std::string kFirst = "# -*- coding: utf-8 -*-\n";

}  // namespace

TEST_CASE("a forbidden word is never a translation, but a warning beside the preferred one") {
  GlossaryText text(kProject);
  text.add(entry("gears in a housing"),
           {term("en-US", "gearbox", "preferred"), term("zh-CN", "变速箱", "forbidden"),
            term("zh-CN", "齿轮箱", "preferred", "HL 2025"), term("de", "Getriebe", "preferred")});
  CHECK(text.text() == kFirst + "gearbox\t齿轮箱\t不要用 变速箱；gears in a housing；HL 2025\n");
  GlossaryText alone(kProject);
  alone.add(entry(), {term("en", "gearbox", ""), term("zh", "变速箱", "forbidden")});
  CHECK(alone.text() == kFirst + "gearbox\t\t不要用 变速箱\n");
}

TEST_CASE("every source is shown with every usable target, the preferred first") {
  GlossaryText text(kProject);
  text.add(entry(), {term("zh-CN", "泵体", "proposed"), term("zh-CN", "油泵", "admitted"),
                     term("zh-CN", "泵", "preferred"), term("en-GB", "pump", ""),
                     term("en-US", "oil pump", "")});
  CHECK(text.text() == kFirst +
                           "oil pump\t泵\noil pump\t油泵\noil pump\t泵体\t（待定）\n"
                           "pump\t泵\npump\t油泵\npump\t泵体\t（待定）\n");
}

TEST_CASE("terms in Traditional Chinese stay out of a Simplified project") {
  GlossaryText text(kProject);
  text.add(entry(), {term("en-US", "pump", ""), term("zh-TW", "幫浦", "preferred")});
  CHECK(text.lines() == 0);
}

TEST_CASE("tabs, line ends and '#' cannot break the file") {
  GlossaryText text(kProject);
  text.add(entry("a\tb\nc"), {term("en-US", "#pragma\tonce", ""), term("zh-CN", "编译\n指示", "")});
  CHECK(text.text() == kFirst + " #pragma once\t编译 指示\ta b c\n");
}

TEST_CASE("an answer is shown where its segment comes again") {
  GlossaryText text(kProject);
  text.add({"Do not open the pump.", "which pump?", "机油泵", "zhang.min"});
  CHECK(text.text() == kFirst + "Do not open the pump.\t\t? which pump? → zhang.min: 机油泵\n");
}

TEST_CASE("the same terms give the same bytes in any order") {
  const wire::Record pump = term("en-US", "pump", "");
  const wire::Record gear = term("en-US", "gear", "");
  GlossaryText one(kProject);
  one.add(entry(), {pump, term("zh-CN", "泵", "")});
  one.add(entry(), {gear, term("zh-CN", "齿轮", "")});
  GlossaryText other(kProject);
  other.add(entry(), {term("zh-CN", "齿轮", ""), gear});
  other.add(entry(), {pump, term("zh-CN", "泵", "")});
  CHECK(one.text() == other.text());
}

TEST_CASE("a line that a translator adds is a proposed term, once") {
  const auto first =
      diff_glossary("", "\xEF\xBB\xBF# mine\npump\t泵\r\nno target\ngear\t齿轮\t大\n");
  REQUIRE(first.ok());
  REQUIRE(first->added.size() == 2);
  CHECK(first->added[0] == GlossaryLine{"pump", "泵", ""});
  const auto again = diff_glossary(first->after, "pump\t泵\ngear\t齿轮\t大\n");
  REQUIRE(again.ok());
  CHECK(again->added.empty());
  const auto more = diff_glossary(again->after, "gear\t齿轮\t大\noil\t机油\noil\t机油\n");
  REQUIRE(more.ok());
  REQUIRE(more->added.size() == 1);
  CHECK(more->removed == 1);
  const TermEntry made =
      proposed_entry(more->added[0], kProject, "HL", "li.wei", "2026-03-01T00:00:00Z");
  CHECK(wire::value(made.entry, wire::concept_entry::kKey) == "oil");
  REQUIRE(made.terms.size() == 2);
  CHECK(wire::value(made.terms[1], wire::term::kText) == "机油");
  CHECK(wire::value(made.terms[1], wire::term::kStatus) == "proposed");
  CHECK(wire::value(made.terms[1], wire::term::kAuthor) == "li.wei");
  CHECK_FALSE(diff_glossary("rubbish\n", "").ok());
}

TEST_CASE("a termbase's file has a name that a file can have") {
  CHECK(glossary_file_name("HL-terms") == "HL-terms.utf8");
  CHECK(glossary_file_name("") == "terms.utf8");
  CHECK(glossary_file_name("../x") == "_._x.utf8");
  CHECK(glossary_file_name("-answers") != kAnswersFile);
}
