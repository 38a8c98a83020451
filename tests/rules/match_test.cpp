#include "rules/match.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "rules/commands.h"
#include "rules/parse.h"
#include "tests/rules/fake_event.h"

namespace yizhan::rules {
namespace {

// A row with these conditions, "field = form"; those that begin with "unless " forbid.
Row row(const std::string& name, const std::vector<std::pair<std::string, std::string>>& conditions,
        int order = 100) {
  Row made;
  made.name = name;
  made.order = order;
  for (auto [field, form] : conditions) {
    const bool is_unless = field.starts_with("unless ");
    if (is_unless) field.erase(0, 7);
    auto condition = Condition::parse(field, form);
    REQUIRE(condition.ok());
    (is_unless ? made.unless : made.when).push_back(*std::move(condition));
  }
  made.commands.push_back(*parse_command("set_state state=routed", 1));
  return made;
}

std::string names(const std::vector<const Row*>& rows) {
  std::string text;
  for (const Row* one : rows) text += (text.empty() ? "" : " ") + one->name;
  return text;
}

// What match() means, without its index.
std::vector<const Row*> match_by_definition(const Table& table, const FieldSource& event) {
  std::vector<const Row*> matched;
  for (const Row& one : table.rows()) {
    if (one.enabled == Enabled::kNo || !holds(one, event)) continue;
    matched.push_back(&one);
    if (one.stop && one.enabled == Enabled::kYes) break;
  }
  return matched;
}

const std::vector<std::string> kFields = {"kind", "state", "sender.role", "a.x", "a.y", "b.z"};
const std::vector<std::string> kWords = {"task", "question", "reply", "data"};

template <class T>
const T& one_of(std::mt19937& random, const std::vector<T>& all) {
  return all[random() % all.size()];
}

std::string random_form(std::mt19937& random, const std::string& field) {
  const std::string a = one_of(random, kWords);
  const std::string b = one_of(random, kWords);
  // Words only for the fields that take nothing else; every form for the others.
  switch (random() % (field.find('.') != std::string::npos && field != kRoleField ? 9 : 4)) {
    case 0:
      return a;
    case 1:
      return a + " | " + b;
    case 2:
      return "!" + a;
    case 3:
      return a + " | " + a;
    case 4:
      return a.substr(0, 2) + "*";
    case 5:
      return "~ " + a.substr(1, 2);
    case 6:
      return "exists";
    case 7:
      return "missing";
    default:
      return ">= " + std::to_string(random() % 5);
  }
}

Table random_table(std::mt19937& random) {
  std::vector<Row> rows;
  const std::size_t count = random() % 30;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::pair<std::string, std::string>> conditions;
    for (const std::string& field : kFields) {
      if (random() % 3 == 0) conditions.emplace_back(field, random_form(random, field));
      if (random() % 12 == 0)
        conditions.emplace_back("unless " + field, random_form(random, field));
    }
    Row made = row("row" + std::to_string(i), conditions, static_cast<int>(random() % 3));
    made.stop = random() % 8 == 0;
    made.enabled = random() % 8 == 0   ? Enabled::kNo
                   : random() % 8 == 0 ? Enabled::kShadow
                                       : Enabled::kYes;
    rows.push_back(std::move(made));
  }
  return Table(std::move(rows));
}

FakeEvent random_event(std::mt19937& random) {
  FakeEvent::Fields fields;
  FakeEvent::Roles roles;
  for (const std::string& field : kFields) {
    if (random() % 5 == 0) continue;
    fields[field] = random() % 4 == 0 ? std::to_string(random() % 5) : one_of(random, kWords);
  }
  for (const std::string& word : kWords) {
    if (random() % 3 == 0) roles.insert(word);
  }
  fields.erase("sender.role");
  return FakeEvent(std::move(fields), std::move(roles));
}

}  // namespace

TEST_CASE("rows match in order, then as they stand in the file") {
  std::vector<Row> rows;
  rows.push_back(row("late", {{"kind", "question"}}, 200));
  rows.push_back(row("b", {{"kind", "question"}}));
  rows.push_back(row("a", {{"x.y", "*"}}));
  rows.push_back(row("early", {}, -1));
  const Table table(std::move(rows));
  CHECK(names(table.match(FakeEvent({{"kind", "question"}, {"x.y", "1"}}))) == "early b a late");
  CHECK(names(table.match(FakeEvent({{"kind", "task"}}))) == "early");
  CHECK(table.find("b") != nullptr);
  CHECK(table.find("c") == nullptr);
}

TEST_CASE("all of when and none of unless") {
  std::vector<Row> rows;
  rows.push_back(row(
      "r",
      {{"kind", "question"}, {"a.x", "1 | 2"}, {"unless a.y", "T*"}, {"unless a.z", "exists"}}));
  const Table table(std::move(rows));
  CHECK(names(table.match(FakeEvent({{"kind", "question"}, {"a.x", "2"}}))) == "r");
  CHECK(names(table.match(FakeEvent({{"kind", "question"}, {"a.x", "3"}}))).empty());
  CHECK(names(table.match(FakeEvent({{"a.x", "2"}}))).empty());
  CHECK(names(table.match(FakeEvent({{"kind", "question"}, {"a.x", "2"}, {"a.y", "T1"}}))).empty());
  CHECK(names(table.match(FakeEvent({{"kind", "question"}, {"a.x", "2"}, {"a.z", ""}}))).empty());
}

TEST_CASE("stop ends the list; a disabled row is not in it; a shadow row is, but stops nothing") {
  const FakeEvent event({{"kind", "task"}});
  std::vector<Row> rows;
  for (const char* name : {"off", "shadow", "stops", "hidden"}) rows.push_back(row(name, {}));
  rows[0].enabled = Enabled::kNo;
  rows[0].stop = true;
  rows[1].enabled = Enabled::kShadow;
  rows[1].stop = true;
  rows[2].stop = true;
  const Table table(std::move(rows));
  CHECK(names(table.match(event)) == "shadow stops");
  CHECK(table.why_not(*table.find("off"), event) == "enabled = no");
  CHECK(table.why_not(*table.find("stops"), event) == std::nullopt);
  CHECK_THAT(table.why_not(*table.find("hidden"), event).value(),
             Catch::Contains("row stops comes before it"));
}

TEST_CASE("pointers to rows survive a move of the table") {
  std::vector<Row> rows;
  rows.push_back(row("r", {{"kind", "task"}}));
  Table table(std::move(rows));
  const Row* before = table.find("r");
  const Table moved = std::move(table);
  CHECK(moved.match(FakeEvent({{"kind", "task"}})) == std::vector<const Row*>{before});
}

TEST_CASE("why_not names the first condition that failed and what the event had") {
  const Row made = row("r", {{"kind", "question"},
                             {"a.x", ">= 5"},
                             {"sender.role", "pm"},
                             {"state", "open"},
                             {"unless a.y", "T*"}});
  FakeEvent::Fields fields = {{"kind", "task"}};
  CHECK(why_not(made, FakeEvent(fields)) == "when.kind = question: the value is \"task\"");
  fields["kind"] = "question";
  CHECK(why_not(made, FakeEvent(fields)) == "when.a.x = >= 5: the field is missing");
  fields["a.x"] = "5";
  CHECK(why_not(made, FakeEvent(fields)) == "when.sender.role = pm: the sender's roles are others");
  fields["state"] = "routed";
  fields["previous_state"] = "open";
  CHECK(why_not(made, FakeEvent(fields, {"pm"})) ==
        "when.state = open: the value is \"routed\", before it was \"open\"");
  fields["state"] = "open";
  CHECK(why_not(made, FakeEvent(fields, {"pm"})) == std::nullopt);
  fields["a.y"] = "T\x1b[2J" + std::string(200, 'x');
  const auto reason = why_not(made, FakeEvent(fields, {"pm"}));
  REQUIRE(reason);
  CHECK_THAT(*reason, Catch::StartsWith("unless.a.y = T*: the value is \"T\\x1b[2Jxxx"));
  CHECK(reason->size() < 120);
}

TEST_CASE("the body is needed only when a row that is not disabled asks for it") {
  const auto needs = [](Row one) {
    std::vector<Row> rows;
    rows.push_back(std::move(one));
    return Table(std::move(rows)).needs_body();
  };
  CHECK_FALSE(Table().needs_body());
  CHECK_FALSE(needs(row("r", {{"kind", "task"}, {"sender.role", "pm"}, {"state", "changed"}})));
  CHECK(needs(row("r", {{"a.x", "1"}})));
  CHECK(needs(row("r", {{"unless a.x", "1"}})));
  Row with_template = row("r", {});
  with_template.commands = {*parse_command("set_state state=${a.x}", 1)};
  CHECK(needs(with_template));
  with_template.commands = {*parse_command("set_state state=${kind}", 1)};
  CHECK_FALSE(needs(with_template));
  Row disabled = row("r", {{"a.x", "1"}});
  disabled.enabled = Enabled::kNo;
  CHECK_FALSE(needs(disabled));
}

TEST_CASE("the index finds what a loop over all rows finds, on 1,000 random tables") {
  std::size_t matched = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    const Table table = random_table(random);
    for (int i = 0; i < 20; ++i) {
      const FakeEvent event = random_event(random);
      const auto expected = match_by_definition(table, event);
      INFO("seed " << seed << ", event " << i);
      REQUIRE(names(table.match(event)) == names(expected));
      for (const Row& one : table.rows()) {
        const bool is_in = std::find(expected.begin(), expected.end(), &one) != expected.end();
        REQUIRE(table.why_not(one, event).has_value() != is_in);
      }
      matched += expected.size();
    }
  }
  CHECK(matched > 10000);
}

TEST_CASE("what did not match is told with the first condition that failed") {
  std::vector<Row> rows;
  rows.push_back(row("urgent", {{"kind", "task"}, {"priority", "urgent"}, {"a.x", "1"}}, 1));
  rows.push_back(row("not-new", {{"kind", "task"}, {"unless state", "new"}}, 2));
  rows.push_back(row("both", {{"kind", "task | data"}, {"a.x", "1"}}, 3));
  rows.push_back(row("other-kind", {{"kind", "data"}, {"a.x", "2"}}, 4));
  rows.push_back(row("matches", {{"kind", "task"}}, 5));
  rows.back().stop = true;
  rows.push_back(row("not-asked", {{"kind", "task"}, {"a.x", "2"}}, 6));
  const FakeEvent event({{"kind", "task"}, {"priority", "low"}, {"state", "new"}, {"a.x", "2"}});
  const auto told = [&event](const Table& table) {
    std::vector<Miss> misses;
    CHECK(table.match(event, &misses) == table.match(event));
    std::sort(misses.begin(), misses.end(),
              [](const Miss& a, const Miss& b) { return a.row->order < b.row->order; });
    std::string text;
    for (const Miss& miss : misses) {
      text += miss.row->name + (miss.unless ? " unless " : " when ") + miss.condition->field() +
              " = " + miss.condition->text() + "\n";
    }
    return text;
  };
  CHECK(told(Table(rows)) ==
        "urgent when priority = urgent\nnot-new unless state = new\nboth when a.x = 1\n");

  // Past the bound only those that had to be asked anyhow.
  for (std::size_t i = 0; rows.size() <= kMaxMissRows + 1; ++i) {
    rows.push_back(row("more-" + std::to_string(i), {{"kind", "task"}, {"a.x", "3"}}, 4));
  }
  CHECK(told(Table(rows)) == "not-new unless state = new\n");
}

TEST_CASE("an event is compared with the rows of its own client, not with those of all") {
  // Counts how often the table asks the event, which is what the cost follows.
  class CountingEvent : public FakeEvent {
   public:
    using FakeEvent::FakeEvent;
    std::optional<std::string_view> get(std::string_view field) const override {
      ++asked;
      return FakeEvent::get(field);
    }
    mutable int asked = 0;
  };
  std::vector<Row> rows;
  for (int i = 0; i < 10000; ++i) {
    rows.push_back(row("row" + std::to_string(i), {{"kind", "question"},
                                                   {"project.client", "C" + std::to_string(i / 5)},
                                                   {"state", "open"}}));
  }
  const Table table(std::move(rows));
  const CountingEvent event({{"kind", "question"}, {"project.client", "C7"}, {"state", "open"}});
  CHECK(table.match(event).size() == 5);
  CHECK(event.asked <= 17);  // its kind, one look-up, and three conditions for each of five rows
}

TEST_CASE("how often it has fired is asked of each row for itself") {
  const auto parsed = parse_tables(
      "[data-state first]\nwhen.fires = 0\ndo.1 = notify recipient=a text=\"no. ${fires}\"\n"
      "[data-state third]\nwhen.fires = >= 2\ndo.1 = resend\n"
      "[data-state any]\nunless.fires = 1\ndo.1 = resend\n",
      "r.ini");
  REQUIRE(parsed.tables);
  const Table& table = parsed.tables->data_state;
  CHECK(names(table.match(FakeEvent({}))) == "first any");
  FakeEvent event({});
  event.fired("first", 3).fired("third", 2).fired("any", 1);
  CHECK(names(table.match(event)) == "third");
  CHECK(table.why_not(*table.find("first"), event) == "when.fires = 0: the value is \"3\"");
  const auto text = expand(table.find("first")->commands.at(0).arguments.at("text"),
                           RowEvent(event, *table.find("first")));
  CHECK(text->text == "no. 3");
}

TEST_CASE("rows are found by flags and roles, each in its own set") {
  const auto parsed = parse_tables(
      "[data-state overdue]\nwhen.flag = overdue | late\ndo.1 = resend\n"
      "[data-state to-pm]\nwhen.recipient.role = pm\ndo.1 = resend\n"
      "[data-state by-pm]\nwhen.sender.role = pm\ndo.1 = resend\n",
      "r.ini");
  REQUIRE(parsed.tables);
  const Table& table = parsed.tables->data_state;
  FakeEvent event({});
  CHECK(table.match(event).empty());
  event.with("flag", "late").with("flag", "overdue").with("recipient.role", "pm");
  CHECK(names(table.match(event)) == "overdue to-pm");
  CHECK(table.why_not(*table.find("by-pm"), event) ==
        "when.sender.role = pm: the sender's roles are others");
  CHECK(table.why_not(*table.find("overdue"), FakeEvent({})) ==
        "when.flag = overdue | late: the message's flags are others");
  CHECK(table.why_not(*table.find("to-pm"), FakeEvent({})) ==
        "when.recipient.role = pm: the recipients' roles are others");
}

TEST_CASE("presets are matched by what they are for, and need the body for their times") {
  const auto preset = [](const std::string& lines) {
    auto parsed = parse_tables("[preset p]\nexpect = opened\non_expire.1 = resend\n" + lines, "p");
    REQUIRE(parsed.tables);
    return std::move(parsed.tables->preset);
  };
  const Table plain = preset("for.kind = task\nduration = 2h\n");
  CHECK(plain.match(FakeEvent({{"kind", "task"}})).size() == 1);
  CHECK(plain.match(FakeEvent({{"kind", "question"}})).empty());
  CHECK(plain.why_not(plain.rows()[0], FakeEvent({{"kind", "data"}})) ==
        "for.kind = task: the value is \"data\"");
  CHECK_FALSE(plain.needs_body());
  CHECK(preset("duration = until job.due\n").needs_body());
  CHECK(preset("duration = 2h\nstart = until job.start\n").needs_body());
  CHECK_FALSE(preset("duration = until expires\n").needs_body());
  CHECK(preset("duration = 2h\non_expire.2 = notify recipient=a text=${job.id}\n").needs_body());
  CHECK(preset("duration = 2h\nescalate.1 = after=1h recipient=${job.pm}\n").needs_body());
  CHECK(preset("duration = 2h\non_expire.2 = notify recipient=a template=t\n").needs_body());
  CHECK(preset("duration = 2h\nfor.time_to_due = < 2h\n").needs_body());
}

}  // namespace yizhan::rules
