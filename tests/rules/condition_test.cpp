#include "rules/condition.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

// Whether `text` on the field "x.y" holds for the value; null: the event has no such field.
bool holds_for(const std::string& text, const char* value) {
  INFO(text);
  const auto condition = Condition::parse("x.y", text);
  REQUIRE(condition.ok());
  FakeEvent::Fields fields;
  if (value != nullptr) fields["x.y"] = value;
  return condition->holds(FakeEvent(fields));
}

struct Case {
  const char* text;
  const char* value;
  bool is_held;
};

}  // namespace

TEST_CASE("each value form holds for what it says and for nothing else") {
  const Case cases[] = {
      {"terminology", "terminology", true},
      {"terminology", "Terminology", false},
      {"terminology", "terminology ", false},
      {"terminology", "", false},
      {"terminology", nullptr, false},
      {"\"\"", "", true},
      {"10", "10.0", false},
      {"a | b", "b", true},
      {"a | b", "a | b", false},
      {"\"a | b\"", "a | b", true},
      {"\"missing\"", "missing", true},
      {" >= 1 ", " >= 1 ", true},
      {" >= 1 ", "1", false},
      {"!x", "y", true},
      {"!x", "x", false},
      {"!x", nullptr, true},
      {"!a | b", "b", false},
      {"! a | b", "c", true},
      {">= 1", "1", true},
      {">= 1", "0.99", false},
      {">=1", "5240", true},
      {">= 1", "many", false},
      {">= 1", nullptr, false},
      {">= 1", "2h", false},
      {"!>= 1", "many", true},
      {"> 712.8", "712.80", false},
      {"> 712.8", "712.81", true},
      {"< 0", "-0.01", true},
      {"<= 9007199254740992", "9007199254740993", false},
      {"< 2h", "119m", true},
      {"< 2h", "120m", false},
      {">= 2026-03-04T09:00:00+08:00", "2026-03-04T01:00:00Z", true},
      {"1 .. 10", "1", true},
      {"1 .. 10", "10.00", true},
      {"1..10", "10.01", false},
      {"1.5..2.5", "2", true},
      {"1h .. 1d", "90m", true},
      {"../figures", "../figures", true},
      {"see...", "see...", true},
      {"TEST-*", "TEST-7", true},
      {"TEST-*", "A-TEST-7", false},
      {"*ear*", "gearbox", true},
      {"*", "", true},
      {"*", nullptr, false},
      {"\"*\"", "x", false},
      {"~ ^PRJ-[0-9]+$", "PRJ-2024", true},
      {"~ ^PRJ-[0-9]+$", "XPRJ-2024", false},
      {"~ 齿轮.?箱", "这个齿轮箱", true},
      {"!~ gear", "bolt", true},
      {"exists", "", true},
      {"exists", nullptr, false},
      {"missing", nullptr, true},
      {"missing", "", false},
      {"!exists", nullptr, true},
  };
  for (const Case& one : cases) {
    INFO(one.text << " for " << (one.value == nullptr ? "(missing)" : one.value));
    CHECK(holds_for(one.text, one.value) == one.is_held);
  }
}

TEST_CASE("value forms that could never mean anything are refused, with what would be right") {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "value is missing"},
      {"!", "value is missing"},
      {"!!x", "\"!!\""},
      {"a |", "value is missing"},
      {"\"a", "closing double quote"},
      {">= many", "has no order"},
      {">=", "has no order"},
      {">= 5 | < 2", "has no order"},
      {"> 1e9", "has no order"},
      {"a .. b", "a range is"},
      {"1 .. 2h", "a range is"},
      {"10 .. 1", "ends before it begins"},
      {"~", "expression after"},
      {"~ (", "not valid RE2"},
      {"~ (?=a)", "not valid RE2"},
      {"~ \\1", "not valid RE2"},
      {"a | missing", "cannot stand here"},
      {"changed", "only \"state\""},
  };
  for (const auto& one : cases) {
    INFO(one.text);
    const auto condition = Condition::parse("x.y", one.text);
    REQUIRE_FALSE(condition.ok());
    CHECK(condition.error().code == Code::kInvalid);
    CHECK_THAT(condition.error().message, Catch::Contains(one.message));
  }
  CHECK_FALSE(Condition::parse("kind", "qestion").ok());
  CHECK_FALSE(Condition::parse("kind", "task | !question").ok());
  CHECK_FALSE(Condition::parse("nothing", "a").ok());
  CHECK_FALSE(Condition::parse("x.y", std::string(kMaxConditionBytes + 1, 'a')).ok());
}

TEST_CASE("a change of state is compared with the version before") {
  const auto holds = [](const char* text, const FakeEvent& event) {
    const auto condition = Condition::parse("state", text);
    REQUIRE(condition.ok());
    return condition->holds(event);
  };
  const FakeEvent first({{"state", "open"}});
  const FakeEvent routed({{"state", "routed"}, {"previous_state", "open"}});
  const FakeEvent same({{"state", "open"}, {"previous_state", "open"}});
  CHECK(holds("changed", first));
  CHECK(holds("changed", routed));
  CHECK_FALSE(holds("changed", same));
  CHECK(holds("!changed", same));
  CHECK(holds("changed open -> routed", routed));
  CHECK(holds("changed open | new -> r*", routed));
  CHECK_FALSE(holds("changed open -> closed", routed));
  CHECK_FALSE(holds("changed * -> open", first));
  CHECK_FALSE(holds("changed open -> open", same));
  for (const char* text : {"changed open", "changed -> routed", "changed open ->"}) {
    INFO(text);
    CHECK_FALSE(Condition::parse("state", text).ok());
  }
}

TEST_CASE("the sender's roles are many, and any of them counts") {
  const FakeEvent event({}, {"pm", "reviser"});
  CHECK(Condition::parse("sender.role", "translator | reviser")->holds(event));
  CHECK_FALSE(Condition::parse("sender.role", "translator")->holds(event));
  CHECK_FALSE(Condition::parse("sender.role", "!pm")->holds(event));
  for (const char* text : {"p*", "~ pm", "exists", ">= 1"}) {
    INFO(text);
    CHECK_FALSE(Condition::parse("sender.role", text).ok());
  }
}

TEST_CASE("equality conditions tell the index their values, others tell it nothing") {
  using Texts = std::vector<std::string>;
  CHECK(Condition::parse("x.y", "a | \"b*\"")->equal_to() == Texts{"a", "b*"});
  for (const char* text : {"!a", "a | b*", ">= 1", "1 .. 2", "~ a", "exists", "missing"}) {
    INFO(text);
    CHECK(Condition::parse("x.y", text)->equal_to().empty());
  }
}

TEST_CASE("an expression that grows when compiled is refused in bounded time") {
  for (const char* text : {"~ ((a{100}){100}){100}", "~ (x+x+)+y{1000}", "~ [a-z]{1000}",
                           "~ (\\pL{1,50}){1,20}", "~ ((((a*){50}){50}){50}){50}"}) {
    INFO(text);
    const auto condition = Condition::parse("x.y", text);
    CHECK_FALSE(condition.ok());
  }
  CHECK_FALSE(Condition::parse("x.y", "~ " + std::string(kMaxRegexBytes + 1, 'a')).ok());
}

TEST_CASE("an expression that makes other engines explode is linear on the longest value") {
  const auto condition = Condition::parse("x.y", "~ ^(a+)+$");
  REQUIRE(condition.ok());
  const FakeEvent event({{"x.y", std::string(8191, 'a') + "b"}});
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(condition->holds(event));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("durations may be negative where time can be past") {
  const auto due = [](const char* form, const char* value) {
    const auto condition = Condition::parse("time_to_due", form);
    REQUIRE(condition.ok());
    return condition->holds(FakeEvent({{"time_to_due", value}}));
  };
  CHECK(due("< 0s", "-30m"));
  CHECK_FALSE(due("< 0s", "0s"));
  CHECK_FALSE(due("< 0s", "30m"));
  CHECK(due("-2h .. 1h", "-2h"));
  CHECK_FALSE(due("> -1h", "-61m"));
  CHECK(due("> -1h", "-59m"));
}

TEST_CASE("sets hold words, and the sets are not mixed up") {
  FakeEvent event({}, {"translator"});
  event.with("flag", "overdue").with("recipient.role", "pm");
  const auto holds = [&event](const char* field, const char* form) {
    const auto condition = Condition::parse(field, form);
    REQUIRE(condition.ok());
    return condition->holds(event);
  };
  CHECK(holds("flag", "overdue"));
  CHECK(holds("flag", "urgent | overdue"));
  CHECK(holds("flag", "!urgent"));
  CHECK_FALSE(holds("flag", "translator"));
  CHECK(holds("recipient.role", "pm"));
  CHECK_FALSE(holds("recipient.role", "translator"));
  CHECK(holds("sender.role", "translator"));
}

TEST_CASE("a field of a known kind is not compared with another kind") {
  const struct {
    const char* field;
    const char* form;
    const char* message;
  } cases[] = {
      {"age", "> 2", "\"age\" is compared with a duration: >= 2h"},
      {"age", "2h", "\"age\" is compared with an order or a range, a duration: >= 2h"},
      {"time_to_due", "!2h", "is compared with an order or a range"},
      {"progress", ">= 2h", "\"progress\" is compared with a number: >= 10"},
      {"fires", "1h .. 2h", "is compared with a number"},
      {"created", "> 2h", "\"created\" is compared with a time with offset"},
      {"flag", "over*", "\"flag\" takes names: a, a | b, !a"},
      {"flag", "exists", "takes names"},
      {"recipient.role", "> 2", "takes names"},
      {"progress", "changed", "only \"state\" can be asked whether it changed"},
      {"signed", "maybe", "\"maybe\" is no value of \"signed\""},
  };
  for (const auto& one : cases) {
    INFO(one.field << " = " << one.form);
    const auto condition = Condition::parse(one.field, one.form);
    REQUIRE_FALSE(condition.ok());
    CHECK_THAT(condition.error().message, Catch::Contains(one.message));
  }
  for (const char* form : {"0", ">= 10", "1 .. 5", "exists", "missing", "!0", "~ ^1"}) {
    CHECK(Condition::parse("progress", form).ok());
  }
  CHECK(Condition::parse("age", "exists").ok());
  CHECK(Condition::parse("job.due", "> 2h").ok());  // nothing is known of what a body holds
}

TEST_CASE("a condition knows its line, and the kind of table it stands in") {
  const auto condition = Condition::parse("state", "accepted", TableKind::kActivation, 7);
  REQUIRE(condition.ok());
  CHECK(condition->line() == 7);
  CHECK_FALSE(Condition::parse("state", "routed", TableKind::kActivation).ok());
  CHECK_FALSE(Condition::parse("late", "yes", TableKind::kDataState).ok());
}

TEST_CASE("a condition says for which values it may hold, whatever was before") {
  const auto may = [](const char* form, std::optional<std::string_view> value) {
    return Condition::parse("state", form)->may_hold_for(value);
  };
  CHECK(may("a | b", "a"));
  CHECK_FALSE(may("a | b", "c"));
  CHECK_FALSE(may("a", std::nullopt));
  CHECK(may("!a", std::nullopt));
  CHECK(may("changed", "a"));
  CHECK(may("changed a -> b", "b"));
  CHECK_FALSE(may("changed a -> b", "a"));
  CHECK(may("!changed a -> b", "b"));
  CHECK(Condition::parse("state", "changed a -> b")->may_fail_for("b"));
  CHECK(Condition::parse("state", "changed a -> b")->may_change_from("a"));
  CHECK_FALSE(Condition::parse("state", "changed a -> b")->may_change_from("c"));
}

}  // namespace yizhan::rules
