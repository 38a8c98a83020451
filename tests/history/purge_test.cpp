// Deletions are not remembered for ever: who was away longer than that gets his slices anew.

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/history/story.h"

using namespace yizhan;
using history_lab::check_same;
using history_lab::Json;
using history_lab::kTwo;
using history_lab::Lab;
using history_lab::Person;

namespace {

/// The server notes how old its numbers are, and then the time of `keep_deleted` passes.
void pass_half_a_year(Lab& lab) {
  lab.advance(std::chrono::minutes(11));
  lab.settle();
  lab.advance(std::chrono::hours(24 * 181));
  lab.settle();
  lab.advance(std::chrono::minutes(11));
  lab.settle();
}

Json slice_of(Lab& lab, std::size_t agent) {
  const Json status = lab.ask(agent, "sync.status", {{"count", true}});
  for (const Json& slice : status["slices"]) {
    if (slice["name"] == Lab::kSlice) return slice;
  }
  return {};
}

int rows(Lab& lab, std::size_t agent) {
  store::Statement* select = *lab.database(agent).prepare("SELECT COUNT(*) FROM unit");
  REQUIRE(*select->step());
  const auto count = static_cast<int>(select->column_int(0));
  select->reset();
  return count;
}

}  // namespace

TEST_CASE("a deletion is forgotten after half a year, by everybody, and its text is not") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Old gear", "旧齿轮");
  lab.unit(0, "New gear", "新齿轮");
  lab.settle();
  lab.remove(1, id);
  lab.settle();
  CHECK(rows(lab, 0) == 2);
  lab.advance(std::chrono::minutes(11));
  lab.settle();
  lab.advance(std::chrono::hours(24 * 179));
  lab.settle();
  CHECK(rows(lab, 0) == 2);  // not yet
  pass_half_a_year(lab);
  CHECK(rows(lab, 0) == 1);
  CHECK(rows(lab, 1) == 1);
  check_same(lab);
  const Json gone = lab.record(0, id);
  CHECK(gone["deleted"] == true);
  const auto kept = [&](std::size_t agent, const std::string& text) {
    const Json record = lab.record(agent, id);
    return std::any_of(record["revisions"].begin(), record["revisions"].end(),
                       [&](const Json& one) { return one["fields"].value("target", "") == text; });
  };
  CHECK(kept(0, "旧齿轮"));
  // Nobody was away: nothing was fetched again.
  for (const std::size_t agent : {0, 1})
    CHECK_FALSE(slice_of(lab, agent).contains("fetched_again"));
  // Whoever writes it again goes on where it ended.
  CHECK(lab.unit(1, "Old gear", "老齿轮") == id);
  lab.settle();
  CHECK(lab.target(0, id) == "老齿轮");
  lab.edit(0, id, {{"target", "旧的齿轮"}});
  check_same(lab);
  CHECK(lab.target(1, id) == "旧的齿轮");
  // Nor is the text lost that it began anew with.
  for (const std::size_t agent : {0, 1}) CHECK(kept(agent, "老齿轮"));
  CHECK(lab.inbox(0, "question").empty());
  CHECK(lab.inbox(1, "question").empty());
}

TEST_CASE("who was away longer gets his slice anew, and what he typed meanwhile is there") {
  Lab lab(kTwo);
  const std::string gone = lab.unit(0, "Old gear", "旧齿轮");
  const std::string edited = lab.unit(0, "Worn gear", "磨损的齿轮");
  const std::string stays = lab.unit(0, "New gear", "新齿轮");
  const std::string own = lab.unit(1, "His gear", "他的齿轮");
  lab.settle();
  lab.online(1, false);
  lab.remove(0, gone);
  lab.remove(0, edited);
  lab.remove(0, own);
  lab.settle();
  lab.edit(1, edited, {{"target", "离线修改"}});
  lab.edit(1, stays, {{"note", "离线备注"}});
  const std::string fresh = lab.unit(1, "Fresh gear", "全新齿轮");
  pass_half_a_year(lab);
  const int crash = GENERATE(0, 1, 2);
  if (crash > 0) {
    lab.crash_percent = 5;
    lab.lose_percent = crash == 2 ? 10 : 0;
  }
  lab.online(1, true);
  lab.settle();
  lab.crash_percent = lab.lose_percent = 0;
  check_same(lab);
  CHECK(lab.target(1, gone) == "(deleted)");
  CHECK(lab.target(1, own) == "(deleted)");
  CHECK(lab.target(0, edited) == "离线修改");  // an edit outlives a deletion
  CHECK(lab.record(0, stays)["fields"]["note"] == "离线备注");
  CHECK(lab.target(0, fresh) == "全新齿轮");
  const Json slice = slice_of(lab, 1);
  CHECK(slice["unit"] == 3);
  CHECK(slice["lag"] == 0);
  CHECK_FALSE(slice.contains("fetching_again"));
  REQUIRE(slice.contains("fetched_again"));
  CHECK(slice["fetched_again"]["removed"].get<int>() >= 1);
  CHECK_FALSE(slice_of(lab, 0).contains("fetched_again"));
  bool said = false;
  for (const std::string& line : lab.log)
    said = said || line.find("fetched again") != std::string::npos;
  CHECK(said);
}

TEST_CASE("fetching a slice again shows its progress, and a second absence begins it anew") {
  Lab lab(kTwo);
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(lab.unit(0, "Gear " + std::to_string(i), "齿轮"));
  lab.settle();
  lab.online(1, false);
  lab.remove(0, ids[3]);
  lab.settle();
  pass_half_a_year(lab);
  lab.online(1, true);
  for (int i = 0; i < 50 && !slice_of(lab, 1).contains("fetching_again"); ++i) lab.rounds(1);
  CHECK(slice_of(lab, 1).contains("fetching_again"));
  lab.online(1, false);  // in the middle of it
  lab.rounds(2);
  lab.remove(0, ids[7]);
  lab.settle();
  pass_half_a_year(lab);
  check_same(lab);
  CHECK(rows(lab, 1) == 28);
  CHECK(slice_of(lab, 1).contains("fetched_again"));
}

TEST_CASE("a change that the server refused outlives that its slice is fetched anew") {
  Lab lab(kTwo);
  const std::string id = lab.unit(0, "Old gear", "旧齿轮");
  lab.settle();
  lab.online(1, false);
  lab.edit(1, id, {{"target", "他的话"}});
  lab.operate("clients.set", {{"client", "chen.jie"}, {"remove_groups", Json::array({"P"})}});
  lab.operate("slices.allow", {{"path", "C"}, {"who", "user:chen.jie"}, {"access", "read"}});
  lab.remove(0, id);
  lab.settle();
  pass_half_a_year(lab);
  lab.online(1, true);
  lab.settle();
  const Json parked = lab.ask(1, "sync.parked")["parked"];
  REQUIRE(parked.size() == 1);
  CHECK(lab.target(1, id) == "他的话");
  lab.ask(1, "sync.drop", {{"n", parked[0]["n"]}});
  check_same(lab);
  CHECK(lab.target(1, id) == "(deleted)");
}
