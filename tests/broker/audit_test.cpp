// The audit log as the broker keeps it: what is written into it, with what, and what verify finds.
#include "broker/audit.h"

#include "tests/broker/world.h"
#include "wire/limits.h"

namespace yizhan::broker {
namespace {

using Json = nlohmann::json;

/// The newest row whose act is `act`.
Json newest(World& world, const std::string& act) {
  const Json listed = world.told("audit.list", {{"limit", 150}});
  for (const Json& row : listed["audit"]) {
    if (row["act"] == act) return row;
  }
  return nullptr;
}

/// Follows the whole chain as `yizhan audit verify` does; the last answer.
Json verified(World& world, const std::string& noted = "") {
  Json question = Json::object();
  if (!noted.empty()) question["noted"] = noted;
  Json found;
  while (true) {
    const Json answer = world.told("audit.verify", question);
    found.update(answer);
    if (!answer.contains("next")) return found;
    found.erase("next");
    question["after"] = answer["rows"];
    question["head"] = answer["head"];
  }
}

void change(World& world, const std::string& sql) {
  const Status changed = world.db().execute(sql);
  INFO((changed.ok() ? "" : changed.error().message));
  REQUIRE(changed.ok());
}

std::string long_table() {
  return "[data-state r]\nwhen.kind = question\ndo.1 = set_state state=routed\n#" +
         std::string(2 * store::kMaxAuditDetail, 'x') + "\n";
}

TEST_CASE("every administrative act is a row: who, what, to whom") {
  World world;
  world.connected("pm", 1);
  const TestAgent li = world.connected("li", 2);
  CHECK(newest(world, "clients.accept")["actor"] == "enroll = auto");
  world.told("clients.set", {{"client", "li"}, {"add_roles", {"reviser"}}, {"author", "wang"}});
  const Json set = newest(world, "clients.set");
  CHECK(set["actor"] == "operator wang");
  CHECK(set["subject"] == li.code());
  CHECK(Json::parse(set["detail"].get<std::string>()) ==
        Json{{"client", "li"}, {"add_roles", {"reviser"}}});
  CHECK(set["time"] == format_time(world.now().wall));

  world.told("clients.revoke", {{"client", "li"}});
  CHECK(newest(world, "clients.revoke")["actor"] == "operator");
  world.told("clients.accept", {{"client", "li"}});
  CHECK(newest(world, "clients.accept")["actor"] == "operator");
  world.told("slices.allow", {{"path", "HL"}, {"who", "role:pm"}, {"access", "read"}});
  CHECK(newest(world, "slices.allow")["subject"] == "HL");
  world.told("rules.apply", {{"text", long_table()}, {"author", "wang"}});
  const Json applied = newest(world, "rules.apply");
  CHECK(applied["subject"] == "1");
  CHECK_THAT(applied["detail"].get<std::string>(),
             Catch::Contains(to_hex(sha256_of(long_table()))) &&
                 Catch::Contains(std::to_string(long_table().size()) + " bytes"));
  world.told("rules.rollback", {{"version", 1}});
  CHECK(newest(world, "rules.rollback")["subject"] == "2");
  CHECK_FALSE(verified(world).contains("broken"));
}

TEST_CASE("the rules of a first start are a row too") {
  World world("[data-state r]\nwhen.kind = question\ndo.1 = set_state state=routed\n");
  CHECK(newest(world, "rules.apply")["actor"] == "first start");
  world.restart();
  CHECK(verified(world)["rows"] == 1);
}

TEST_CASE("what only reads, what is refused and what fails is no row") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  const Json before = verified(world);
  world.told("clients.list");
  world.told("audit.list");
  CHECK(world.ask(pm, "clients.revoke", {{"client", "pm"}}).code() == "denied");
  CHECK(world.ask(pm, "audit.list").code() == "denied");
  CHECK(world.ask(pm, "audit.verify").code() == "denied");
  CHECK(world.ask(world.operator_(), "clients.revoke", {{"client", "nobody"}}).code() ==
        "not-found");
  CHECK(world.ask(world.operator_(), "rules.apply", {{"text", "[nonsense"}}).code() == "invalid");
  CHECK(verified(world) == before);
}

TEST_CASE("an act and its row are one transaction") {
  World world;
  world.connected("pm", 1);
  const Json before = verified(world);
  // The row cannot be written: so the act must not be there either.
  change(world,
         "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN"
         " SELECT RAISE(ABORT, 'disk gone'); END");
  wire::FromAgent frame;
  frame.mutable_request()->set_ref(1);
  frame.mutable_request()->set_verb("clients.revoke");
  frame.mutable_request()->set_json(R"({"client": "pm"})");
  const TestAgent op = world.operator_();
  const auto failed =
      world.core().step({FrameIn{op.peer, op.key, op.address, wire::encode(frame)}}, world.now());
  CHECK_FALSE(failed.ok());
  change(world, "DROP TRIGGER no_audit");
  world.restart();
  CHECK(world.told("clients.show", {{"client", "pm"}})["state"] == "accepted");
  CHECK(verified(world) == before);
}

TEST_CASE("commands are rows: those people send, and what rules do outside the database") {
  World world(
      "[data-state c]\nwhen.kind = question\n"
      "do.1 = command recipient=user:li op=open-project\n"
      "do.2 = webhook url=http://127.0.0.1:9/hook\n"
      "do.3 = quarantine reason=checked\n"
      "do.4 = set_state state=routed\n");
  const TestAgent pm = world.connected("pm", 1);
  world.connected("li", 2);
  world.told("clients.set", {{"client", "pm"}, {"add_roles", {"pm"}}});
  const wire::Message question = World::message("user:li", 1, wire::QUESTION);
  world.push(pm, question);
  const Json ordered = newest(world, "rule.command");
  CHECK(ordered["actor"] == "rule c");
  CHECK(ordered["subject"] == format_uuid(wire::id_of(question)));
  CHECK_THAT(ordered["detail"].get<std::string>(), Catch::Contains("user:li open-project"));
  CHECK(newest(world, "rule.webhook")["actor"] == "rule c");
  CHECK(newest(world, "rule.quarantine")["actor"] == "rule c");
  CHECK(newest(world, "rule.set_state").is_null());

  const Json before = verified(world);
  wire::Message command = World::message("user:li", 2, wire::COMMAND);
  World::set_field(&command, "command", "op", "open-project");
  REQUIRE(world.push(pm, command).outcome() == wire::PushResult::One::STORED);
  CHECK(world.push(pm, command).outcome() == wire::PushResult::One::STORED);
  const Json sent = newest(world, "command");
  CHECK(sent["actor"] == "user:pm code:" + pm.code());
  CHECK(sent["subject"] == format_uuid(wire::id_of(command)));
  CHECK(verified(world)["rows"] == before["rows"].get<int>() + 1);
}

TEST_CASE("the log is listed page by page, newest first") {
  World world;
  world.connected("pm", 1);
  for (int i = 0; i < 7; ++i) world.told("clients.accept", {{"client", "pm"}});
  const Json first = world.told("audit.list", {{"limit", 5}});
  REQUIRE(first["audit"].size() == 5);
  CHECK(first["audit"][0]["n"] == 8);
  CHECK(first["next"] == 3);
  const Json rest = world.told("audit.list", {{"limit", 5}, {"from", first["next"]}});
  REQUIRE(rest["audit"].size() == 3);
  CHECK(rest["audit"][0]["n"] == 3);
  CHECK_FALSE(rest.contains("next"));
}

TEST_CASE("a page of the largest rows ends where an answer does, and goes on") {
  World world;
  Audit audit(world.db());
  // A quotation mark is two bytes in a row's JSON, and four in the answer's.
  Json detail;
  for (int i = 0; i < 8; ++i) detail[std::to_string(i)] = std::string(kMaxAuditText / 2, '"');
  for (int i = 0; i < 160; ++i) {
    REQUIRE(
        audit.note(1, std::string(400, '"'), std::string(400, '"'), std::string(400, '"'), detail)
            .ok());
  }
  Json question = {{"limit", 1000}};
  std::size_t pages = 1;
  std::size_t rows = 0;
  while (true) {
    const Json page = world.told("audit.list", question);
    rows += page["audit"].size();
    if (!page.contains("next")) break;
    ++pages;
    question["from"] = page["next"];
  }
  CHECK(pages == 4);
  CHECK(rows == 160);
}

TEST_CASE("texts of a row are cut between characters, and details that are too long stand for") {
  World world;
  Audit audit(world.db());
  std::string name;
  for (int i = 0; i < 100; ++i) name += "李";
  Json many;
  for (int i = 0; i < 50; ++i) many[std::to_string(i)] = std::string(kMaxAuditText, 'y');
  REQUIRE(audit.note(1, name, "act", "\xff\xfe", many).ok());
  const Json row = newest(world, "act");
  CHECK(row["actor"] == name.substr(0, 255));
  CHECK_THAT(row["detail"].get<std::string>(),
             Catch::Contains("bytes, SHA-256 " + to_hex(sha256_of(many.dump()))));
  CHECK_FALSE(verified(world).contains("broken"));
}

TEST_CASE("verify finds the first row that was changed, removed or put in, over several pages") {
  World world;
  Audit audit(world.db());
  for (int i = 0; i < 1300; ++i) REQUIRE(audit.note(i, "operator", "act", "s", {}).ok());
  Json whole = verified(world);
  CHECK(whole["rows"] == 1300);
  const std::string head = whole["head"];
  CHECK(verified(world, head)["noted"] == 1300);

  const auto undone = [&](const std::string& sql, std::int64_t row) {
    INFO(sql);
    change(world, "BEGIN");
    change(world, sql);
    CHECK(verified(world)["broken"] == row);
    change(world, "ROLLBACK");
  };
  undone("UPDATE audit SET actor = 'nobody' WHERE n = 1", 1);
  undone("UPDATE audit SET actor = 'nobody' WHERE n = 501", 501);
  undone("DELETE FROM audit WHERE n = 500", 501);
  undone("UPDATE audit SET n = 2000 WHERE n = 1299", 1300);
  undone(
      "INSERT INTO audit SELECT 0, at_us, actor, act, subject, detail, previous, hash FROM audit"
      " WHERE n = 1",
      0);
  undone("UPDATE audit SET hash = x'00' WHERE n = 700", 700);

  // What no chain can show by itself: its end was cut off. The noted head does.
  change(world, "DELETE FROM audit WHERE n > 900");
  const Json cut = verified(world, head);
  CHECK_FALSE(cut.contains("broken"));
  CHECK(cut["rows"] == 900);
  CHECK_FALSE(cut.contains("noted"));
  CHECK(world.ask(world.operator_(), "audit.verify", {{"noted", "abc"}}).code() == "invalid");
  CHECK(world.ask(world.operator_(), "audit.verify", {{"after", 5}, {"head", "x"}}).code() ==
        "invalid");
}

TEST_CASE("a command that a rule forwards to further machines is a row") {
  World world(
      "[data-state f]\nwhen.kind = command | question\n"
      "do.1 = send recipient=user:wang template=forward\n");
  const TestAgent pm = world.connected("pm", 1);
  world.connected("li", 2);
  world.connected("wang", 3);
  world.told("clients.set", {{"client", "pm"}, {"add_roles", {"pm"}}});
  world.push(pm, World::message("user:li", 1, wire::QUESTION));
  CHECK(newest(world, "rule.send").is_null());
  wire::Message command = World::message("user:li", 2, wire::COMMAND);
  World::set_field(&command, "command", "op", "open-project");
  world.push(pm, command);
  const Json sent = newest(world, "rule.send");
  CHECK(sent["actor"] == "rule f");
  CHECK(sent["subject"] == format_uuid(wire::id_of(command)));
}

TEST_CASE("how a program ended that a rule started is a row, and what it printed is not") {
  World world("[data-state r]\nwhen.kind = question\ndo.1 = run program=note arg.1=${id}\n");
  world.options().programs.push_back({"note", {"/bin/note"}});
  const TestAgent pm = world.connected("pm", 1);
  world.push(pm, World::message("user:pm", 1, wire::QUESTION));
  world.step();
  REQUIRE(world.programs.size() == 1);
  CHECK(newest(world, "rule.run")["actor"] == "rule r");
  CHECK(newest(world, "rule.run.end").is_null());
  ProgramEnded ended;
  ended.effect = world.programs[0].effect;
  ended.exit.output = "a secret";
  world.step({ended});
  const Json row = newest(world, "rule.run.end");
  CHECK(row["actor"] == "rule r");
  CHECK(row["subject"] == "effect " + std::to_string(ended.effect));
  CHECK(Json::parse(row["detail"].get<std::string>()) == Json{{"state", "done"}, {"attempts", 1}});
}

/// A log of `days` rows, one a day, ending now.
void keep_diary(World& world, int days) {
  Audit audit(world.db());
  const std::int64_t now = to_micros(world.now().wall);
  for (int i = days; i > 0; --i) {
    const std::int64_t at = now - i * Micros(std::chrono::hours(24)).count();
    REQUIRE(audit.note(at, "operator", "act", "day " + std::to_string(i), {}).ok());
  }
}

/// The rows are purged as time passes: ten minutes, and more while there is more to do.
void let_purge(World& world) {
  world.pass(std::chrono::minutes(11));
}

TEST_CASE("old rows are removed, and a row says up to which one, from where the rest is whole") {
  World world;
  world.options().audit_retention = std::chrono::hours(24 * 365);
  world.restart();
  keep_diary(world, 400);
  const std::string old_head = verified(world)["head"];
  let_purge(world);
  const Json after = verified(world, old_head);
  CHECK_FALSE(after.contains("broken"));
  CHECK(after["purged"] == 36);
  CHECK(after["noted"] == 400);
  const Json said = newest(world, "audit.purge");
  CHECK(said["actor"] == "retention");
  CHECK(said["subject"] == "36");
  // Nothing more goes until a day's worth has gathered; then the row that says so is the newest.
  const Json rows = verified(world)["rows"];
  let_purge(world);
  CHECK(verified(world)["rows"] == rows);
  world.advance(std::chrono::hours(24 * 30));
  let_purge(world);
  CHECK(verified(world)["purged"] == 66);
  CHECK_FALSE(verified(world).contains("broken"));
  // Even when all of it is old: the chain goes on from the newest row.
  world.advance(std::chrono::hours(24 * 4000));
  let_purge(world);
  world.told("clients.set", {{"client", world.connected("pm", 1).code()}, {"user", "pm"}});
  CHECK_FALSE(verified(world).contains("broken"));
  CHECK(verified(world)["purged"].get<int>() > 400);
}

TEST_CASE("a year of a thousand acts a day goes bite by bite") {
  World world;
  world.options().audit_retention = std::chrono::hours(24 * 30);
  world.restart();
  Audit audit(world.db());
  REQUIRE(world.db().begin().ok());
  for (int i = 0; i < 3 * kAuditPurgeBatch + 7; ++i) {
    REQUIRE(audit.note(i, "operator", "act", "s", {}).ok());
  }
  REQUIRE(world.db().commit().ok());
  let_purge(world);
  const Json after = verified(world);
  CHECK_FALSE(after.contains("broken"));
  CHECK(after["purged"].get<int>() >= 3 * kAuditPurgeBatch);
  const Json listed = world.told("audit.list", {{"limit", 100}});
  CHECK(listed["audit"].size() < 10);
}

TEST_CASE("rows that were removed by anybody else are missed, also behind a purge") {
  World world;
  world.options().audit_retention = std::chrono::hours(24 * 365);
  world.restart();
  keep_diary(world, 400);
  change(world, "BEGIN");
  change(world, "DELETE FROM audit WHERE n <= 10");
  CHECK(verified(world)["broken"] == 11);
  // Nor is what was done to the log purged away: its rows are left, and said to be.
  change(world, "COMMIT");
  let_purge(world);
  CHECK_THAT(world.logged(), Catch::Contains("the oldest rows of the audit log are left"));
  CHECK(verified(world)["broken"] == 11);

  World other;
  other.options().audit_retention = std::chrono::hours(24 * 365);
  other.restart();
  keep_diary(other, 400);
  let_purge(other);
  const auto undone = [&](const std::string& sql, std::int64_t row) {
    INFO(sql);
    change(other, "BEGIN");
    change(other, sql);
    CHECK(verified(other)["broken"] == row);
    change(other, "ROLLBACK");
  };
  undone("DELETE FROM audit WHERE n <= 40", 41);
  undone("DELETE FROM audit WHERE act = 'audit.purge'", 37);
  undone("UPDATE audit SET subject = '40' WHERE act = 'audit.purge'", 37);
  undone("UPDATE audit SET detail = '{\"hash\":7}' WHERE act = 'audit.purge'", 37);
  undone("UPDATE audit SET detail = 'x' WHERE act = 'audit.purge'", 37);
  undone("UPDATE audit SET actor = 'nobody' WHERE n = 37", 37);
  undone("UPDATE audit SET at_us = 5 WHERE act = 'audit.purge'", 401);
}

TEST_CASE("a purge stops at the first row that does not fit") {
  World world;
  world.options().audit_retention = std::chrono::hours(24 * 365);
  world.restart();
  keep_diary(world, 400);
  change(world, "UPDATE audit SET actor = 'nobody' WHERE n = 20");
  let_purge(world);
  CHECK_THAT(world.logged(), Catch::Contains("row 20: it does not fit its own hash"));
  const Json found = verified(world);
  CHECK(found["purged"] == 19);
  CHECK(found["broken"] == 20);
}

TEST_CASE("retention does not touch the log") {
  World world;
  const TestAgent pm = world.connected("pm", 1);
  world.told("clients.set", {{"client", "pm"}, {"add_roles", {"pm"}}});
  const TestAgent li = world.connected("li", 2);
  wire::Message command = World::message("user:li", 2, wire::COMMAND);
  World::set_field(&command, "command", "op", "open-project");
  world.push(pm, command);
  world.answer(li, world.delivered(li));
  const Json before = verified(world);
  world.advance(std::chrono::hours(24 * 200));
  world.step();
  CHECK(world.ask(world.operator_(), "trace", {{"id", format_uuid(wire::id_of(command))}}).code() ==
        "not-found");
  CHECK(verified(world) == before);
}

}  // namespace
}  // namespace yizhan::broker
