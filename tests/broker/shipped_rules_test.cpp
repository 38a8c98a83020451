// The shipped rows, each in a story of its own.

#include <catch2/catch.hpp>
#include <string>

#include "broker/terms.h"
#include "tests/broker/agency.h"
#include "wire/history.h"

namespace yizhan::broker {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

}  // namespace

TEST_CASE("row 1: a task that nobody opens is reminded, then the manager hears") {
  Agency agency;
  agency.send("pm", agency.made(wire::TASK, "user:translator", {{"project", "id", "P-1"}}));
  agency.got("translator");
  agency.pass(16min);
  CHECK(agency.got("translator") == "reminder\n");
  agency.pass(119min + 2min);
  CHECK_THAT(agency.got("pm"), Catch::Contains("Nobody has opened P-1"));
}

TEST_CASE("row 2: an offer that nobody accepts is withdrawn") {
  Agency agency;
  agency.send("pm",
              agency.made(wire::TASK, "user:translator",
                          {{"project", "id", "P-2"}, {"offer", "expires", agency.due(40min)}}));
  agency.got("translator");
  agency.pass(41min);
  CHECK_THAT(agency.got("translator"), Catch::Contains("Offer P-2  withdrawn"));
  CHECK_THAT(agency.got("pm"), Catch::Contains("Nobody accepted P-2"));
}

/// An offer to "translator" and, after 40 minutes, to the others of its list.
struct Chain {
  Chain() {
    offer = agency.made(wire::TASK, "user:translator",
                        {{"project", "id", "P-2"},
                         {"offer", "expires", agency.due(40min)},
                         {"offer", "next.1", "user:reviser"},
                         {"offer", "next.2", "user:engineer"}});
    agency.send("pm", offer);
    agency.got("translator");
    agency.world.report(agency.of("translator"), offer, "opened");
    agency.got("pm");
  }
  Agency agency;
  wire::Message offer;
};

TEST_CASE("row 2: an offer that nobody accepts goes to the next of its list, one at a time") {
  Chain chain;
  Agency& agency = chain.agency;
  CHECK(agency.got("reviser").empty());
  agency.pass(41min);
  CHECK_THAT(agency.got("translator"), Catch::Contains("Offer P-2  withdrawn"));
  CHECK(agency.got("reviser") == "task\n");
  CHECK(agency.got("engineer").empty());
  CHECK(agency.got("pm").empty());
  agency.pass(4h);
  CHECK_THAT(agency.got("reviser"), Catch::Contains("Offer P-2  withdrawn"));
  CHECK(agency.got("engineer") == "task\n");
  CHECK(agency.got("translator").empty());
  agency.pass(4h);
  CHECK_THAT(agency.got("engineer"), Catch::Contains("Offer P-2  withdrawn"));
  CHECK_THAT(agency.got("pm"), Catch::Contains("Nobody accepted P-2"));
  agency.pass(24h);
  CHECK(agency.got("pm").empty());
  CHECK(agency.got("reviser").empty());
}

TEST_CASE("row 2: who accepts ends the chain") {
  Chain chain;
  Agency& agency = chain.agency;
  agency.pass(41min);
  agency.got("translator");
  agency.got("reviser");
  SECTION("the next, in his time") {
    agency.world.report(agency.of("reviser"), chain.offer, "accepted");
    CHECK(agency.got("reviser").empty());
  }
  SECTION("the first, too late, before anybody else") {
    agency.world.report(agency.of("translator"), chain.offer, "accepted");
    CHECK_THAT(agency.got("reviser"), Catch::Contains("withdrawn"));
  }
  CHECK_FALSE(agency.got("pm").empty());
  agency.pass(24h);
  CHECK(agency.got("engineer").empty());
  CHECK(agency.got("pm").find("Nobody accepted") == std::string::npos);
}

TEST_CASE("row 2: an entry of the list is one address, whatever is written into it") {
  Agency agency;
  agency.send("pm", agency.made(wire::TASK, "user:translator",
                                {{"offer", "expires", agency.due(40min)},
                                 {"offer", "next.1", "user:reviser, user:engineer"}}));
  agency.got("translator");
  agency.pass(41min);
  CHECK(agency.got("reviser").empty());
  CHECK(agency.got("engineer").empty());
}

TEST_CASE("row 3: the first to accept has the offer, and the others are told") {
  Agency agency;
  const auto offer = agency.send("pm", agency.made(wire::TASK, "user:translator, user:reviser",
                                                   {{"project", "id", "P-3"},
                                                    {"offer", "mode", "first_accept"},
                                                    {"offer", "expires", agency.due(2h)}}));
  agency.got("translator");
  agency.got("reviser");
  agency.world.report(agency.of("translator"), offer, "accepted");
  CHECK_THAT(agency.got("reviser"), Catch::Contains("withdrawn"));
  CHECK(agency.got("translator").empty());
  CHECK_FALSE(agency.got("pm").empty());
  agency.pass(3h);
  CHECK(agency.got("pm").find("Nobody accepted") == std::string::npos);
}

TEST_CASE("row 3: who accepts is told to bring his project up to date, and nobody else") {
  Agency agency;
  const auto task = agency.send("pm", agency.made(wire::TASK, "user:translator, user:reviser",
                                                  {{"project", "id", "P-3"}}));
  agency.got("translator");
  agency.got("reviser");
  agency.world.report(agency.of("translator"), task, "accepted");
  CHECK(agency.got("reviser").empty());
  const auto orders = agency.world.delivered(agency.of("translator"));
  REQUIRE(orders.size() == 2);
  std::string operations;
  for (const auto& order : orders) {
    wire::Body body;
    REQUIRE(body.ParseFromString(order.message().body()));
    operations += *wire::find_entry(body, "command", "command.1") + " ";
    CHECK(order.message().kind() == wire::COMMAND);
    CHECK(order.message().sender() == "role:broker");
    CHECK(order.message().in_reply_to() == format_uuid(wire::id_of(task)));
  }
  CHECK(operations == "push_tm push_terms ");
  // What the agent answers is for the broker, and stands with the order.
  agency.world.answer(agency.of("translator"), orders);
  for (std::size_t i = 0; i < 2; ++i) {
    wire::Message status = agency.made(
        wire::STATUS, "role:broker",
        {{"status", "state", i == 0 ? "done" : "failed"}, {"status", "reason", "no project"}});
    status.set_in_reply_to(format_uuid(wire::id_of(orders[i].message())));
    agency.send("translator", status);
  }
  CHECK(agency.state(orders[0].message()) == "done");
  CHECK(agency.state(orders[1].message()) == "failed");
  CHECK(agency.state(task) == "accepted");
  CHECK(agency.got("translator").empty());
}

TEST_CASE("row 4: accepted and not begun after a third of the time") {
  Agency agency;
  const auto task =
      agency.send("pm", agency.made(wire::TASK, "user:translator",
                                    {{"project", "id", "P-4"}, {"job", "due", agency.due(9h)}}));
  agency.got("translator");
  agency.world.report(agency.of("translator"), task, "accepted");
  agency.pass(2h + 50min);
  CHECK(agency.got("translator").empty());
  agency.pass(15min);
  CHECK(agency.got("translator") == "reminder\n");
}

TEST_CASE("row 5: behind at half of the time and near its end") {
  Agency agency;
  const auto task =
      agency.send("pm", agency.made(wire::TASK, "user:translator",
                                    {{"project", "id", "P-5"}, {"job", "due", agency.due(7h)}}));
  agency.got("translator");
  agency.world.report(agency.of("translator"), task, "accepted");
  agency.world.report(agency.of("translator"), task, "started");
  wire::Message status = agency.made(
      wire::STATUS, "user:pm", {{"status", "state", "in_progress"}, {"status", "progress", "20"}});
  status.set_in_reply_to(format_uuid(wire::id_of(task)));
  agency.send("translator", status);
  agency.got("pm");
  agency.pass(3h + 31min);
  CHECK(agency.got("translator") == "reminder\n");
  agency.pass(2h + 31min);
  CHECK_THAT(agency.got("pm"), Catch::Contains("P-5  is behind"));
}

TEST_CASE("row 6: overdue every two hours, four times, then the lead hears") {
  Agency agency;
  const auto task =
      agency.send("pm", agency.made(wire::TASK, "user:translator",
                                    {{"project", "id", "P-6"}, {"job", "due", agency.due(1h)}}));
  agency.got("translator");
  agency.world.report(agency.of("translator"), task, "opened");
  agency.got("pm");
  agency.pass(1h + 1min);
  CHECK(agency.got("pm").empty());
  agency.pass(8h);
  std::string pm = agency.got("pm");
  CHECK(std::count(pm.begin(), pm.end(), '\n') == 4);
  CHECK_THAT(pm, Catch::Contains("P-6  is overdue"));
  CHECK(agency.got("lead_pm").empty());
  agency.pass(2h + 1min);
  CHECK_THAT(agency.got("lead_pm"), Catch::Contains("overdue"));
  CHECK(agency.world.told(
            "rules.test",
            {{"id", format_uuid(wire::id_of(task))},
             {"text", "[data-state x]\nwhen.flag = overdue\ndo.1 = resend\n"}})["matched"] == 1);
}

TEST_CASE("a delivery ends the reminders; its manager approves it or sends it back") {
  Agency agency;
  const auto task =
      agency.send("pm", agency.made(wire::TASK, "user:translator",
                                    {{"project", "id", "P-7"}, {"job", "due", agency.due(1h)}}));
  agency.got("translator");
  agency.world.report(agency.of("translator"), task, "accepted");
  const auto say = [&](const std::string& from, const std::string& word) {
    const std::string to = from == "translator" ? "user:pm" : "user:translator";
    wire::Message status = agency.made(wire::STATUS, to, {{"status", "state", word}});
    status.set_in_reply_to(format_uuid(wire::id_of(task)));
    agency.send(from, status);
    return agency.state(task);
  };
  CHECK(say("pm", "delivered") == "accepted");  // he has not got it
  CHECK(say("translator", "delivered") == "delivered");
  agency.got("pm");
  agency.pass(12h);
  CHECK(agency.got("pm").find("overdue") == std::string::npos);
  CHECK(agency.got("lead_pm").empty());
  // It is not over: its source can change, and it can be delivered anew.
  CHECK(say("translator", "source_changed") == "paused");
  CHECK(say("translator", "accepted") == "accepted");
  CHECK(say("translator", "delivered") == "delivered");
  CHECK(say("translator", "in_progress") == "delivered");
  CHECK(say("translator", "approved") == "delivered");
  CHECK(say("pm", "rework") == "rework");
  CHECK(say("translator", "in_progress") == "in_progress");
  CHECK(say("translator", "delivered") == "delivered");
  CHECK(say("pm", "approved") == "approved");
  CHECK(say("translator", "source_changed") == "approved");
  CHECK(say("translator", "delivered") == "approved");
  CHECK(agency.world.told("ledger", Json::object())["balanced"] == true);
}

TEST_CASE("a delivery makes the failure of a program good, and no refusal") {
  Agency agency;
  const auto about = [&](const std::string& first) {
    const auto task = agency.send(
        "pm", agency.made(wire::TASK, "user:translator", {{"job", "pm", "lead_pm"}}));
    agency.got("translator");
    agency.world.report(agency.of("translator"), task, first);
    wire::Message status = agency.made(wire::STATUS, "user:pm", {{"status", "state", "delivered"}});
    status.set_in_reply_to(format_uuid(wire::id_of(task)));
    agency.send("translator", status);
    return task;
  };
  const auto failed = about("failed");
  CHECK(agency.state(failed) == "delivered");
  CHECK(agency.state(about("declined")) == "declined");
  // The manager whom the task names has a say too.
  wire::Message status =
      agency.made(wire::STATUS, "user:translator", {{"status", "state", "approved"}});
  status.set_in_reply_to(format_uuid(wire::id_of(failed)));
  agency.send("lead_pm", status);
  CHECK(agency.state(failed) == "approved");
}

TEST_CASE("row 8: a checked translation goes to its reviser") {
  Agency agency;
  wire::Message task = agency.made(wire::TASK, "user:translator",
                                   {{"project", "id", "P-8"}, {"job", "reviser", "reviser"}});
  agency.send("pm", task);
  agency.world.told("rules.apply", {{"text", shipped() + "[data-state test]\nwhen.kind = reply\n"
                                                         "do.1 = set_state state=x\n"}});
  // The agent's word "self_checked" is a data state of the job.
  wire::Message status =
      agency.made(wire::STATUS, "user:pm", {{"status", "state", "self_checked"}});
  status.set_in_reply_to(format_uuid(wire::id_of(task)));
  agency.send("translator", status);
  CHECK(agency.state(task) == "in_revision");
  CHECK_THAT(agency.got("reviser"), Catch::Contains("task"));
}

TEST_CASE("row 9: a question goes to the role that can answer it") {
  Agency agency;
  const auto ask = [&](const std::string& category) {
    return agency.send(
        "translator", agency.made(wire::QUESTION, "user:pm", {{"question", "category", category}}));
  };
  CHECK(agency.state(ask("terminology")) == "routed");
  CHECK(agency.got("terminologist") == "question\n");
  ask("source_error");
  CHECK(agency.got("client_contact") == "question\n");
  ask("technical");
  CHECK(agency.got("engineer") == "question\n");
}

TEST_CASE("row 9: what was answered before is answered at once, and goes its way all the same") {
  Agency agency;
  for (const char* user : {"translator", "reviser"}) {
    agency.world.told("clients.set", {{"client", user}, {"add_groups", {"P-9"}}});
  }
  const auto ask = [&](const std::string& from) {
    return agency.send(from, agency.made(wire::QUESTION, "user:pm",
                                         {{"project", "id", "P-9"},
                                          {"project", "client", "HL"},
                                          {"question", "category", "terminology"},
                                          {"question", "source", "Remove the breather plug."}}));
  };
  const auto first = ask("translator");
  CHECK(agency.got("translator").empty());
  CHECK(agency.got("terminologist") == "question\n");
  wire::Message reply = agency.made(wire::REPLY, "user:translator",
                                    {{"reply", "decision", "answered"}, {"reply", "text", "通气塞"}});
  reply.set_in_reply_to(format_uuid(wire::id_of(first)));
  agency.send("terminologist", reply);
  CHECK(agency.got("translator") == "reply\n");
  CHECK(agency.state(ask("reviser")) == "routed");
  CHECK(agency.got("reviser") == "reply\n");
  CHECK(agency.got("translator").empty());
  CHECK(agency.got("terminologist") == "question\n");
}

TEST_CASE("as many questions and replies are looked through as kMaxItemsLookedAt says") {
  Agency agency;
  agency.world.told("clients.set", {{"client", "translator"}, {"add_groups", {"P-9"}}});
  const auto ask = [&](const std::string& source) {
    return agency.send("translator", agency.made(wire::QUESTION, "user:pm",
                                                 {{"project", "id", "P-9"},
                                                  {"project", "client", "HL"},
                                                  {"question", "source", source}}));
  };
  const auto answered = [&](const std::string& source) {
    wire::Message reply = agency.made(
        wire::REPLY, "user:translator",
        {{"reply", "decision", "answered"}, {"reply", "text", "好"}});
    reply.set_in_reply_to(format_uuid(wire::id_of(ask(source))));
    agency.send("pm", reply);
    agency.got("translator");
  };
  answered("Early.");
  std::string fields;
  for (const wire::Field& field : wire::fields_of(wire::ITEM)) {
    fields += std::string(", ") + field.name;
  }
  // Others of the project, from between the two; what stands in them does not count.
  const std::string rest = ", slice, seq, rev, deleted, role_rank, writer, pending, row_hash, more,"
                           " key_version" + fields;
  REQUIRE(agency.world.db()
              .execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < " +
                       std::to_string(kMaxItemsLookedAt) + ") INSERT INTO item (id" + rest +
                       ") SELECT randomblob(16)" + rest +
                       " FROM c, item WHERE item.n = (SELECT MIN(n) FROM item)")
              .ok());
  answered("Late.");
  ask("Early.");
  CHECK(agency.got("translator") == "reply\n");
  ask("Late.");
  CHECK(agency.got("translator").empty());
}

TEST_CASE("a manager's task brings the right to its project, an offer to who accepts it first") {
  Agency agency;
  agency.world.told("slices.allow", {{"path", "HL"}, {"who", "role:pm"}, {"access", "write"}});
  const auto rights = [&] { return agency.world.told("slices.list", Json::object())["rights"]; };
  const auto task = [&](const std::string& project, const std::string& mode) {
    const auto sent = agency.send("pm", agency.made(wire::TASK, "user:translator, user:reviser",
                                                    {{"project", "id", project},
                                                     {"project", "client", "HL"},
                                                     {"offer", "mode", mode}}));
    agency.got("translator");
    agency.got("reviser");
    return sent;
  };
  agency.world.report(agency.of("translator"), task("P-1", "direct"), "started");
  CHECK(rights()[1] == Json{{"path", "HL/P-1"}, {"who", "user:translator"}, {"access", "write"}});
  const auto offer = task("P-2", "first_accept");
  agency.world.report(agency.reviser, offer, "started");
  CHECK(rights().size() == 2);
  agency.world.report(agency.reviser, offer, "accepted");
  agency.world.report(agency.of("translator"), offer, "accepted");
  CHECK(rights().size() == 3);
  CHECK(rights()[2]["who"] == "user:reviser");
}

TEST_CASE("row 10: a final reply of who may decide becomes terms") {
  Agency agency;
  for (const char* user : {"translator", "terminologist"}) {
    agency.world.told("clients.set", {{"client", user}, {"add_groups", {"P-10"}}});
  }
  const auto question =
      agency.send("translator", agency.made(wire::QUESTION, "user:pm",
                                            {{"project", "id", "P-10"},
                                             {"job", "source_lang", "en-US"},
                                             {"job", "target_lang", "zh-CN"},
                                             {"question", "category", "terminology"}}));
  const auto terms_after = [&](const std::string& from, const std::string& role,
                               const std::string& final) {
    wire::Message reply = agency.made(wire::REPLY, "user:pm",
                                      {{"project", "id", "P-10"},
                                       {"reply", "decision", "answered"},
                                       {"reply", "final", final},
                                       {"reply", "answered_by_role", role},
                                       {"terms", "term.1", "breather plug | 通气塞"},
                                       {"terms", "term.1.status", "preferred"}});
    reply.set_in_reply_to(format_uuid(wire::id_of(question)));
    agency.send(from, reply);
    store::Statement* select = *agency.world.db().prepare(
        "SELECT COUNT(*) FROM term WHERE status = 'preferred'"
        " AND lang = 'zh-CN'");
    REQUIRE(*select->step());
    const std::int64_t count = select->column_int(0);
    select->reset();
    return count;
  };
  CHECK(terms_after("translator", "translator", "yes") == 0);
  CHECK(terms_after("terminologist", "terminologist", "no") == 0);
  CHECK(terms_after("terminologist", "terminologist", "yes") == 1);
}

TEST_CASE("row 11: a blocking question is not forgotten") {
  Agency agency;
  const auto question =
      agency.send("translator", agency.made(wire::QUESTION, "user:pm",
                                            {{"project", "id", "P-11"},
                                             {"question", "blocking", "yes"},
                                             {"question", "category", "terminology"},
                                             {"question", "needed_by", agency.due(2h + 30min)}}));
  agency.got("terminologist");
  agency.got("pm");
  agency.pass(61min);
  CHECK_THAT(agency.got("terminologist"), Catch::Contains("reminder"));
  agency.pass(91min);
  CHECK_THAT(agency.got("lead_pm"), Catch::Contains("unanswered: P-11"));
}

TEST_CASE("row 11: a reply ends it") {
  Agency agency;
  const auto question = agency.send(
      "translator", agency.made(wire::QUESTION, "user:pm", {{"question", "blocking", "yes"}}));
  agency.got("pm");
  wire::Message reply = agency.made(wire::REPLY, "user:translator", {{"reply", "text", "yes"}});
  reply.set_in_reply_to(format_uuid(wire::id_of(question)));
  agency.send("pm", reply);
  agency.pass(24h);
  CHECK(agency.got("lead_pm").empty());
}

TEST_CASE("row 12: a challenge goes to an arbiter") {
  Agency agency;
  const auto challenge =
      agency.send("translator", agency.made(wire::CHALLENGE, "user:reviser, user:engineer",
                                            {{"challenge", "subject", "lqa"}}));
  CHECK(agency.state(challenge) == "disputed");
  CHECK(agency.got("arbiter") == "challenge\n");
  agency.got("reviser");
  // He writes to one of them; both hear, and each once.
  const auto reply = [&](const std::string& from, const std::string& to) {
    wire::Message message = agency.made(wire::REPLY, to, {{"reply", "decision", "rejected"}});
    message.set_in_reply_to(format_uuid(wire::id_of(challenge)));
    agency.send(from, message);
  };
  reply("arbiter", "user:translator");
  CHECK(agency.got("translator") == "reply\n");
  CHECK(agency.got("reviser") == "reply\n");
  CHECK_THAT(agency.got("engineer"), Catch::Contains("reply"));
  // What a party writes to the arbiter is between them.
  reply("reviser", "user:arbiter");
  CHECK(agency.got("arbiter") == "reply\n");
  CHECK(agency.got("translator").empty());
}

TEST_CASE("row 13: a source that changes under a job pauses it, each time") {
  Agency agency;
  const auto task =
      agency.send("pm", agency.made(wire::TASK, "user:translator", {{"project", "id", "P-13"}}));
  agency.got("translator");
  agency.world.report(agency.of("translator"), task, "accepted");
  for (int time = 0; time < 2; ++time) {
    agency.got("pm");
    wire::Message status = agency.made(wire::STATUS, "user:pm",
                                       {{"status", "state", "source_changed"},
                                        {"status", "file", "a.txt"}});
    status.set_in_reply_to(format_uuid(wire::id_of(task)));
    agency.send("translator", status);
    CHECK(agency.state(task) == "paused");
    CHECK_THAT(agency.got("translator"), Catch::Contains("The source of P-13  has changed"));
    CHECK(agency.got("pm") == "status\n");
  }
  const auto say = [&](std::vector<std::array<std::string, 3>> fields) {
    wire::Message status = agency.made(wire::STATUS, "user:pm", fields);
    status.set_in_reply_to(format_uuid(wire::id_of(task)));
    agency.send("translator", status);
    return agency.state(task);
  };
  // What an agent counts meanwhile does not begin the job again; the translator's word does.
  CHECK(say({{"status", "state", "in_progress"}, {"status", "progress_segments", "40/100"}}) ==
        "paused");
  CHECK(say({{"status", "state", "in_progress"}}) == "in_progress");
}

TEST_CASE("row 13: whoever accepts the task again lifts the pause") {
  Agency agency;
  const auto task =
      agency.send("pm", agency.made(wire::TASK, "user:translator", {{"project", "id", "P-13"}}));
  agency.got("translator");
  const auto& translator = agency.of("translator");
  const auto say = [&](std::vector<std::array<std::string, 3>> fields) {
    wire::Message status = agency.made(wire::STATUS, "user:pm", fields);
    status.set_in_reply_to(format_uuid(wire::id_of(task)));
    agency.send("translator", status);
    return agency.state(task);
  };
  agency.world.report(translator, task, "accepted");
  CHECK(say({{"status", "state", "in_progress"}, {"status", "progress_segments", "10/100"}}) ==
        "in_progress");
  CHECK(say({{"status", "state", "source_changed"}}) == "paused");
  // He has seen the new volume and accepts it: as he accepted the old one.
  CHECK(say({{"status", "state", "accepted"}}) == "accepted");
  CHECK(say({{"status", "state", "in_progress"}, {"status", "progress_segments", "20/120"}}) ==
        "in_progress");
  CHECK(say({{"status", "state", "source_changed"}}) == "paused");
  CHECK(say({{"status", "state", "in_progress"}, {"status", "progress_words", "20/120"}}) ==
        "paused");
  CHECK(say({{"status", "state", "started"}}) == "in_progress");
  CHECK(say({{"status", "state", "source_changed"}}) == "paused");
  CHECK(say({{"status", "state", "done"}}) == "done");
  CHECK(say({{"status", "state", "accepted"}}) == "done");
  // Somebody's who has not got the task is no acceptance of it.
  const auto other =
      agency.send("pm", agency.made(wire::TASK, "user:translator", {{"project", "id", "P-14"}}));
  agency.got("translator");
  wire::Message changed =
      agency.made(wire::STATUS, "user:pm", {{"status", "state", "source_changed"}});
  changed.set_in_reply_to(format_uuid(wire::id_of(other)));
  agency.send("translator", changed);
  agency.world.report(agency.reviser, other, "accepted");
  CHECK(agency.state(other) == "paused");
}

TEST_CASE("row 13: everybody who has the task is told that its source changed") {
  Agency agency;
  const auto task = agency.send(
      "pm", agency.made(wire::TASK, "user:translator, user:reviser", {{"project", "id", "P-13"}}));
  agency.got("translator");
  agency.got("reviser");
  wire::Message status =
      agency.made(wire::STATUS, "user:pm", {{"status", "state", "source_changed"}});
  status.set_in_reply_to(format_uuid(wire::id_of(task)));
  agency.send("translator", status);
  CHECK_THAT(agency.got("translator"), Catch::Contains("The source of P-13  has changed"));
  CHECK_THAT(agency.got("reviser"), Catch::Contains("The source of P-13  has changed"));
}

TEST_CASE("row 14: guidance is watched for each of its readers") {
  Agency agency;
  const auto guidance = agency.send(
      "pm", agency.made(wire::GUIDANCE, "user:translator, user:reviser",
                        {{"guidance", "topic", "style"}, {"guidance", "ack_required", "yes"}}));
  agency.got("translator");
  agency.got("reviser");
  agency.world.report(agency.of("translator"), guidance, "opened");
  agency.got("pm");
  // Eight hours end in the evening; it is told when the next working day begins.
  agency.pass(9h);
  CHECK(agency.got("pm").empty());
  agency.pass(9h);
  CHECK_THAT(agency.got("pm"), Catch::Contains("Guidance not read: style"));
}

TEST_CASE("row 15: what is urgent and does not arrive is told") {
  Agency agency;
  wire::FromAgent bye;
  bye.mutable_bye();
  agency.world.say(agency.of("translator"), bye);
  wire::Message urgent = agency.made(wire::TASK, "user:translator", {{"project", "id", "P-15"}});
  urgent.set_priority(wire::URGENT);
  agency.send("pm", urgent);
  agency.world.pass(31min, {agency.of("pm")});
  CHECK_THAT(agency.got("pm"), Catch::Contains("Not delivered: task to user:translator"));
}

TEST_CASE("rows that wait for later work are shipped disabled, and say so") {
  Agency agency;
  std::string disabled;
  const Json list = agency.world.told("rules.list");
  for (const Json& row : list["rules"]) {
    if (row["enabled"] == "no") disabled += row["name"].get<std::string>() + "\n";
  }
  CHECK(disabled == "translated-is-checked\n");
}

}  // namespace yizhan::broker
