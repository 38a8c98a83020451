#include "agent/task_file_keys.h"

#include <catch2/catch.hpp>
#include <string>

#include "agent/task_file.h"
#include "tests/agent/task_text.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

std::string verdict(const std::string& text) {
  const auto file = parse_task_file(text, "t.ini");
  return file.ok() ? "ok" : file.error().message;
}

bool is_good(const char* section, const char* key, const std::string& value) {
  const KeyRule* rule = find_rule(section, key);
  REQUIRE(rule != nullptr);
  return !wrong_value(*rule, value).has_value();
}

}  // namespace

TEST_CASE("keys of lists are taken apart") {
  const auto key = as_list_key("file.12.role");
  REQUIRE(key);
  CHECK(key->list == "file");
  CHECK(key->number == 12);
  CHECK(key->part == "role");
  CHECK(as_list_key("tm.1")->part.empty());
  CHECK(as_list_key("tm.01")->number == 0);
  CHECK(as_list_key("tm.0")->number == 0);
  CHECK(as_list_key("tm.99999999999999999999")->number == 0);
  CHECK_FALSE(as_list_key("tm"));
  CHECK_FALSE(as_list_key("tm."));
  CHECK_FALSE(as_list_key(".1"));
  CHECK_FALSE(as_list_key("tm.x"));
}

TEST_CASE("languages are BCP 47 with hyphens") {
  for (const char* good : {"en", "zh-CN", "zh-Hans-CN", "es-419", "de-CH-1996", "x-own", "cmn"}) {
    CHECK(is_good("job", "source_lang", good));
  }
  for (const char* bad :
       {"", "zh_CN", "english language", "e", "zh-", "-zh", "zh--CN", "1a", "中文", "abcdefghi"}) {
    CHECK_FALSE(is_good("job", "source_lang", bad));
  }
}

TEST_CASE("numbers, money, durations and yes and no have one form each") {
  CHECK(is_good("offer", "rate", "180.00"));
  CHECK(is_good("offer", "rate", "180"));
  for (const char* bad : {"180,00", "-1", "1e3", ".5", "5.", "1.2.3", "", "１"}) {
    CHECK_FALSE(is_good("offer", "rate", bad));
  }
  CHECK(is_good("offer", "currency", "CNY"));
  CHECK_FALSE(is_good("offer", "currency", "yuan"));
  CHECK_FALSE(is_good("offer", "currency", "cny"));
  CHECK(is_good("count", "total", "5240"));
  CHECK_FALSE(is_good("count", "total", "5 240"));
  CHECK_FALSE(is_good("count", "total", "1234567890123456789"));
  CHECK(is_good("probe", "every", "15m"));
  CHECK_FALSE(is_good("probe", "every", "15"));
  CHECK(is_good("reply", "final", "yes"));
  CHECK_FALSE(is_good("reply", "final", "true"));
}

TEST_CASE("words are checked against their list and the nearest is suggested") {
  CHECK(is_good("job", "type", "mtpe"));
  CHECK(is_good("resources", "tm.3.use", "penalty-10"));
  CHECK(is_good("resources", "tm.3.use", "enforce"));
  CHECK_FALSE(is_good("resources", "tm.3.use", "penalty-"));
  CHECK_FALSE(is_good("job", "type", "penalty-10"));
  CHECK(wrong_value(*find_rule("offer", "mode"), "first-accept") ==
        "'first-accept' is not a word for it; write direct, first_accept or quote; did you mean "
        "\"first_accept\"?");
}

TEST_CASE("a sum needs a currency") {
  CHECK(verdict(task_of("[offer]\nrate = 1.5\n")) ==
        "t.ini:14: rate in [offer] is a sum without a currency; add currency = and three letters, "
        "like CNY");
  CHECK(verdict(task_of("[offer]\namount = 9\ncurrency = EUR\n")) == "ok");
  CHECK(verdict(task_of("[offer]\nmode = quote\n")) == "ok");
}

TEST_CASE("lists are numbered from 1 without holes, in any order of lines") {
  const auto with = [](const std::string& rest) {
    return verdict(file_of("data", "[resources]\n" + rest));
  };
  CHECK(with("tm.2 = b\ntm.1.use = auto\ntm.1 = a\nterm.1 = x\n") == "ok");
  CHECK(with("tm.1 = a\ntm.3 = c\n") ==
        "t.ini:9: tm.3 in [resources] has no tm.2; number a list from 1 without holes");
  CHECK(with("tm.2 = b\n") ==
        "t.ini:8: tm.2 in [resources] has no tm.1; number a list from 1 without holes");
  CHECK(with("tm.1 = a\ntm.2.use = auto\n") ==
        "t.ini:9: tm.2.use in [resources] has no tm.2; number a list from 1 without holes");
  CHECK(with("tm.01 = a\n") ==
        "t.ini:8: tm.01 in [resources]: items are numbered 1, 2, 3 …, "
        "without leading zeros");
  CHECK(with("own.7 = a\n") == "ok");  // not a list of ours
}

TEST_CASE("a list is taken up to its limit and refused one past it") {
  std::string items;
  for (std::size_t i = 1; i <= wire::kMaxListItems; ++i) {
    items += "option." + std::to_string(i) + " = o\n";
  }
  const std::string question = "[question]\ncategory = context\ntext = x\n";
  CHECK(verdict(file_of("question", question + items)) == "ok");
  const auto over =
      parse_task_file(file_of("question", question + items + "option.1001 = o\n"), "t.ini");
  REQUIRE_FALSE(over.ok());
  CHECK(over.error().code == Code::kLimit);
  CHECK(over.error().message ==
        "t.ini:1010: option.1001 in [question]: a list has at most 1000 items");
}

TEST_CASE("commands are operations that exist") {
  CHECK(verdict(file_of("command", "[command]\ncommand.1 = rm_rf\n")).find("write sync_now") !=
        std::string::npos);
  CHECK(verdict(file_of("command", "[command]\ncommand.1 = set_due\ncommand.1.due = soon\n"))
            .find("t.ini:9: command.1.due in [command]: 'soon' is not a time") == 0);
}

}  // namespace yizhan::agent
