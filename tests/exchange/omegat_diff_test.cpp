#include "exchange/omegat_diff.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace yizhan;
using namespace yizhan::exchange;
using wire::bit;
using wire::FieldGroup;

namespace {

const std::string kSlice = "HL-GEAR/PRJ-1/en-US/zh-CN";

wire::Record unit_of(const std::string& source, const std::string& target,
                     const std::string& changed, const std::string& note = "",
                     const std::string& target_lang = "zh-CN") {
  wire::Record unit = wire::make_record(wire::UNIT);
  wire::set_value(&unit, wire::unit::kSourceLang, "en-US");
  wire::set_value(&unit, wire::unit::kTargetLang, target_lang);
  wire::set_value(&unit, wire::unit::kSource, source);
  wire::set_value(&unit, wire::unit::kTarget, target);
  wire::set_value(&unit, wire::unit::kChanger, "root");
  wire::set_value(&unit, wire::unit::kChanged, changed);
  wire::set_value(&unit, wire::unit::kNote, note);
  return unit;
}

wire::RecordId id_of(const std::string& source) {
  wire::Record unit = unit_of(source, "", "");
  wire::set_record_id(&unit, kSlice);
  return *wire::RecordId::from(unit.id());
}

/// A translator's agent: what it knows, and what it has collected.
class Agent final : public KnownUnits, public OmegatDiffOutput {
 public:
  std::map<wire::RecordId, KnownUnit> units;
  std::map<wire::RecordId, std::map<std::uint64_t, std::uint64_t>> past;  // writing → rev
  OmegatSnapshot snapshot;
  OmegatDiffReport report;
  std::vector<OmegatChange> changes;
  std::vector<OmegatQuestion> questions;
  OmegatProject project = *default_omegat_project("/p/gear", "en-US", "zh-CN");
  OmegatUsers users{"li.wei", "root"};

  Result<KnownUnit> look(const wire::RecordId& id) override { return units[id]; }
  Result<std::optional<std::uint64_t>> was(const wire::RecordId& id,
                                           std::uint64_t writing) override {
    const auto& writings = past[id];
    const auto found = writings.find(writing);
    if (found == writings.end()) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(found->second);
  }
  Status change(OmegatChange one) override {
    if (one.kind == OmegatChange::kDeleted) {
      KnownUnit& unit = units[*wire::RecordId::from(one.unit.id())];
      unit.deleted = true;
      ++unit.rev;
    } else {
      learn(one.unit, 1);
    }
    changes.push_back(std::move(one));
    return {};
  }
  Status question(OmegatQuestion one) override {
    questions.push_back(std::move(one));
    return {};
  }

  /// A text that the database has, from here or from anybody.
  void learn(wire::Record unit, std::uint64_t revs) {
    wire::set_record_id(&unit, kSlice);
    const wire::RecordId id = *wire::RecordId::from(unit.id());
    KnownUnit& known = units[id];
    known = {true, false, known.rev + revs, unit_text_hash(unit), unit_writing_hash(unit)};
    past[id][known.writing] = known.rev;
  }
  void saved(const std::vector<wire::Record>& file) {
    changes.clear();
    questions.clear();
    OmegatDiff diff(snapshot, project, users, kSlice, *this, *this);
    for (const wire::Record& unit : file) REQUIRE(diff.unit(unit).ok());
    auto outcome = diff.finish();
    REQUIRE(outcome.ok());
    report = outcome->report;
    const auto stored = OmegatSnapshot::parse(outcome->after.bytes());
    REQUIRE(stored.ok());
    CHECK(*stored == outcome->after);
    snapshot = *stored;
  }
};

const wire::Record kOpen = unit_of("Open.", "打开。", "2024-03-05T10:00:00Z");
const wire::Record kPump = unit_of("The pump.", "泵。", "2024-03-05T10:01:00Z");
const wire::Record kOil = unit_of("Oil.", "机油。", "2024-03-05T10:02:00Z");

}  // namespace

TEST_CASE("what is typed is collected once, under the user's own name") {
  Agent agent;
  agent.saved({kOpen, kPump});
  REQUIRE(agent.changes.size() == 2);
  CHECK(agent.changes[0].kind == OmegatChange::kNew);
  CHECK(wire::value(agent.changes[0].unit, wire::unit::kChanger) == "li.wei");
  CHECK(wire::value(agent.changes[0].unit, wire::unit::kStatus) == "translated");
  CHECK(agent.changes[0].base_rev == 0);
  agent.saved({kOpen, kPump});
  CHECK(agent.changes.empty());
  agent.saved({kOpen, unit_of("The pump.", "油泵。", "2024-03-05T11:00:00Z")});
  REQUIRE(agent.changes.size() == 1);
  CHECK(agent.changes[0].kind == OmegatChange::kEdited);
  CHECK(agent.changes[0].groups == bit(FieldGroup::kText));
  CHECK(agent.changes[0].base_rev == 1);
}

TEST_CASE("a cleared target is a deletion") {
  Agent agent;
  agent.saved({kOpen, kPump, kOil});
  agent.saved({kOpen, kOil});
  REQUIRE(agent.changes.size() == 1);
  CHECK(agent.changes[0].kind == OmegatChange::kDeleted);
  CHECK(agent.changes[0].unit.id() == id_of("The pump.").view());
  CHECK(agent.changes[0].base_rev == 1);
  agent.saved({kOpen, kOil});
  CHECK(agent.changes.empty());
  // With a note left on it, OmegaT keeps the unit without its target.
  agent.saved({kOpen, unit_of("Oil.", "", "", "mine")});
  REQUIRE(agent.changes.size() == 1);
  CHECK(agent.changes[0].kind == OmegatChange::kDeleted);
}

TEST_CASE("case 17: what we pushed and OmegaT took over is no edit") {
  Agent agent;
  agent.saved({kOpen});
  agent.learn(kPump, 4);
  // tm/auto, or the translator took the match as it is, at another time.
  agent.saved({kOpen, kPump});
  CHECK(agent.changes.empty());
  CHECK(agent.report.echoes == 1);
  agent.learn(kOil, 2);
  agent.saved({kOpen, kPump, unit_of("Oil.", "机油。", "2024-06-01T00:00:00Z")});
  CHECK(agent.changes.empty());
  // When he then edits, he has the revision before him that he took over.
  agent.saved({kOpen, unit_of("The pump.", "油泵。", "2024-06-02T00:00:00Z"),
               unit_of("Oil.", "机油。", "2024-06-01T00:00:00Z")});
  REQUIRE(agent.changes.size() == 1);
  CHECK(agent.changes[0].base_rev == 4);
}

TEST_CASE("case 17: a cleared segment that OmegaT fills again from tm/auto stays cleared") {
  Agent agent;
  agent.saved({kOpen, kPump});
  agent.saved({kOpen});
  CHECK(agent.changes.size() == 1);
  agent.saved({kOpen, kPump});
  CHECK(agent.changes.empty());
  CHECK(agent.report.echoes == 1);
  // Typed again by a person, it is new, though the text is the same.
  agent.saved({kOpen});
  agent.saved({kOpen, unit_of("The pump.", "泵。", "2024-07-01T00:00:00Z")});
  REQUIRE(agent.changes.size() == 1);
  CHECK(agent.changes[0].kind == OmegatChange::kNew);
}

TEST_CASE("case 17: an old copy of the project changes nothing and deletes nothing") {
  Agent agent;
  agent.saved({kOpen, kPump});
  agent.saved({kOpen, unit_of("The pump.", "油泵。", "2024-03-06T10:00:00Z"), kOil});
  agent.saved({kOpen, kPump});
  CHECK(agent.changes.empty());
  CHECK(agent.report.reverted == 1);
  CHECK(agent.report.withheld == 1);
  CHECK_FALSE(agent.report.withheld_reason.empty());
  // An edit of what the old copy shows is one of that old revision: others will see a conflict.
  agent.saved({kOpen, unit_of("The pump.", "水泵。", "2024-03-07T10:00:00Z")});
  REQUIRE(agent.changes.size() == 1);
  CHECK(agent.changes[0].base_rev == 1);
}

TEST_CASE("an old copy that only lacks the newest units deletes none of them") {
  Agent agent;
  agent.saved({kOpen, kPump, kOil});
  agent.saved({kOpen});
  CHECK(agent.changes.empty());
  CHECK(agent.report.withheld == 2);
}

TEST_CASE("an emptied memory is no deletion of everything") {
  Agent agent;
  std::vector<wire::Record> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back(unit_of("S" + std::to_string(i), "译", "2024-03-05T10:00:00Z"));
  }
  agent.saved(many);
  CHECK(agent.changes.size() == 50);
  many.resize(10);
  agent.saved(many);
  CHECK(agent.changes.empty());
  CHECK(agent.report.withheld == 40);
}

TEST_CASE("an edit of a text that others have changed meanwhile says what it was made from") {
  Agent agent;
  agent.saved({kPump});  // revision 1
  agent.learn(unit_of("The pump.", "齿轮泵。", "2024-03-06T00:00:00Z"), 1);
  agent.saved({unit_of("The pump.", "油泵。", "2024-03-07T10:00:00Z")});
  REQUIRE(agent.changes.size() == 1);
  CHECK(agent.changes[0].kind == OmegatChange::kEdited);
  CHECK(agent.changes[0].base_rev == 0);  // his own text's, as it was when it was collected
  Agent fresh;
  fresh.learn(kPump, 3);
  fresh.saved({unit_of("The pump.", "油泵。", "2024-03-07T10:00:00Z")});
  REQUIRE(fresh.changes.size() == 1);
  CHECK(fresh.changes[0].kind == OmegatChange::kNew);
  CHECK(fresh.changes[0].base_rev == 0);
}

TEST_CASE("a note that begins like a question is one, and no other note leaves the machine") {
  Agent agent;
  agent.saved({unit_of("Open.", "打开。", "2024-03-05T10:00:00Z", "？ 是门还是盖？"),
               unit_of("The pump.", "", "", "Q: which pump"),
               unit_of("Oil.", "机油。", "2024-03-05T10:00:00Z", "ask Wang ? no"),
               unit_of("Gear.", "齿轮。", "2024-03-05T10:00:00Z", " ?")});
  REQUIRE(agent.questions.size() == 2);
  CHECK(agent.questions[0].text == "是门还是盖？");
  CHECK(agent.questions[1].text == "which pump");
  CHECK(agent.changes.size() == 3);
  for (const OmegatChange& one : agent.changes) {
    CHECK(wire::value(one.unit, wire::unit::kNote).empty());
    CHECK((one.groups & bit(FieldGroup::kNote)) == 0);
  }
  agent.saved({unit_of("Open.", "打开。", "2024-03-05T10:00:00Z", "？ 是门还是盖？"),
               unit_of("The pump.", "", "", "? which pump, the oil pump"),
               unit_of("Oil.", "机油。", "2024-03-05T10:00:00Z", "ask Wang"),
               unit_of("Gear.", "齿轮。", "2024-03-05T10:00:00Z")});
  REQUIRE(agent.questions.size() == 1);
  CHECK(agent.questions[0].text == "which pump, the oil pump");
  CHECK(agent.changes.empty());
}

TEST_CASE("units of another language are counted and left alone") {
  Agent agent;
  agent.saved({unit_of("Open.", "打開。", "2024-03-05T10:00:00Z", "", "zh-TW"),
               unit_of("Oil.", "机油。", "2024-03-05T10:00:00Z", "", "zh")});
  CHECK(agent.changes.size() == 1);
  CHECK(wire::value(agent.changes[0].unit, wire::unit::kTargetLang) == "zh-CN");
  CHECK(agent.report.other_language == 1);
}

TEST_CASE("a damaged snapshot is refused") {
  Agent agent;
  agent.saved({kOpen, kPump});
  const std::string bytes = agent.snapshot.bytes();
  CHECK(OmegatSnapshot::parse(bytes).ok());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK_FALSE(OmegatSnapshot::parse(bytes.substr(0, i)).ok());
    std::string bad = bytes;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(OmegatSnapshot::parse(bad).ok());
  }
}
