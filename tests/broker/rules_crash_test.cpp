// A broker that dies at any statement or commit around firing, activation and timers: afterwards
// everything is as if it had not.

#include <catch2/catch.hpp>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "store/rows.h"
#include "tests/broker/world.h"

namespace yizhan::broker {
namespace {

using namespace std::chrono_literals;

const std::string kRules = R"(
[data-state route]
when.kind = task
when.state = sent
do.1 = send recipient=role:lead template=forward
do.2 = set_state state=routed
[data-state routed]
when.state = routed
do.1 = set_flag flag=seen
do.2 = notify recipient=${sender} text="routed"
[preset offer]
for.kind = task
expect = accepted
interval = 15m
duration = 40m
on_interval.1 = resend
on_expire.1 = set_state state=expired
on_expire.2 = recall
escalate.1 = after=30m recipient=role:lead text="still nobody"
on_activate.1 = set_flag flag=taken
[activation accepted]
when.state = accepted
when.preset = offer
do.1 = notify recipient=user:pm text="${activation.user} accepted"
do.2 = command recipient=user:${activation.user} op=push_tm
[data-state held]
when.kind = status
when.status.state = delivered
when.in_reply_to.state = expired
do.1 = quarantine reason="too late"
)";

/// One task is accepted, another by nobody; the report on that one is put aside.
class Story {
 public:
  explicit Story(const store::FaultPlan& plan = {}, bool armed = false) : world_(kRules) {
    agents_ = {world_.connected("pm", 1), world_.connected("li", 2), world_.connected("lead", 3)};
    world_.told("clients.set", {{"client", "lead"}, {"add_roles", {"lead"}}});
    if (armed) world_.faulty_db().arm(plan);
    const std::int64_t from = world_.faulty_db().statements();
    const std::int64_t commits = world_.faulty_db().commits();
    play();
    statements_ = world_.faulty_db().statements() - from;
    commits_ = world_.faulty_db().commits() - commits;
  }

  std::int64_t statements() const { return statements_; }
  std::int64_t commits() const { return commits_; }
  bool crashed() const { return crashed_; }

  /// Everything that rules have led to, also what people have got.
  std::string outcome() {
    std::string all;
    for (const char* sql :
         {"SELECT hex(id), state, version, kind FROM message ORDER BY id",
          "SELECT message, version, rule, effect FROM firing ORDER BY 1, 2, 3",
          "SELECT message, preset, state, intervals, escalations FROM probe ORDER BY 1, 2",
          "SELECT message, client, state, expected, late FROM activation ORDER BY 1, 2, 3",
          "SELECT message, version, state, previous, cause FROM message_state ORDER BY 1, 2",
          "SELECT message, flag FROM message_flag ORDER BY 1, 2",
          "SELECT message, client, state, reason FROM delivery ORDER BY 1, 2",
          "SELECT accepted, queued, done, expired, dead FROM ledger"}) {
      store::Statement* select = *world_.db().prepare(sql);
      while (*select->step()) {
        for (int i = 0; i < 5; ++i) all += std::string(select->column_text(i)) + "|";
        all += "\n";
      }
      select->reset();
    }
    for (const std::string& one : got_) all += one + "\n";
    return all;
  }

 private:
  void play() {
    const wire::Message taken = World::message("user:li", 1);
    const wire::Message left = World::message("user:li", 2);
    wire::Message late = World::message("user:pm", 3, wire::STATUS);
    World::set_field(&late, "status", "state", "delivered");
    late.set_in_reply_to(format_uuid(wire::id_of(left)));
    survive([&] { world_.send(agents_[0], taken); });
    survive([&] { world_.send(agents_[0], left); });
    pass(16min);
    survive([&] { world_.report(agents_[1], taken, "accepted", at(16min)); });
    pass(41min);
    pass(75min);
    survive([&] { world_.send(agents_[1], late); });
    pass(80min);
  }

  /// People's agents say again what was not answered.
  void survive(const std::function<void()>& action) {
    for (;;) {
      try {
        action();
        return;
      } catch (const store::CrashPoint&) {
        crashed_ = true;
        world_.restart();
        for (const TestAgent& agent : agents_) world_.hello(agent);
      }
    }
  }
  void pass(Micros until) {
    survive([&] {
      if (at(until) > world_.now().wall) world_.pass(at(until) - world_.now().wall, agents_);
      for (const TestAgent& agent : agents_) {
        const auto deliveries = world_.delivered(agent);
        for (const auto& one : deliveries)
          got_.insert(agent.user + " " + format_uuid(wire::id_of(one.message())));
        if (!deliveries.empty()) world_.answer(agent, deliveries);
      }
    });
  }
  Instant at(Micros time) const { return begin_ + time; }

  World world_;
  const Instant begin_ = world_.now().wall;
  std::vector<TestAgent> agents_;
  std::set<std::string> got_;
  std::int64_t statements_ = 0;
  std::int64_t commits_ = 0;
  bool crashed_ = false;
};

}  // namespace

TEST_CASE("wherever the broker dies, what rules lead to happens once") {
  Story undisturbed;
  const std::string expected = undisturbed.outcome();
  CHECK(expected.find("routed") != std::string::npos);
  CHECK(expected.find("activation/accepted") != std::string::npos);
  CHECK(expected.find("preset/offer escalation 1") != std::string::npos);
  CHECK(expected.find("quarantine") != std::string::npos);
  REQUIRE(undisturbed.statements() > 300);
  const auto try_all = [&](store::Fault fault, std::int64_t points) {
    for (std::int64_t at = 1; at <= points; ++at) {
      Story story({.fault = fault, .at = at}, true);
      INFO("fault " << static_cast<int>(fault) << " at " << at);
      REQUIRE(story.crashed());
      REQUIRE(story.outcome() == expected);
    }
  };
  try_all(store::Fault::kCrashStatement, undisturbed.statements());
  try_all(store::Fault::kCrashBeforeCommit, undisturbed.commits());
  try_all(store::Fault::kCrashAfterCommit, undisturbed.commits());
}

}  // namespace yizhan::broker
