// Signed files on their way in: past the broker, and through it.

#include <catch2/catch.hpp>

#include "agent/signature.h"
#include "agent/task_file.h"
#include "tests/agent/core_world.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

SigningKey key_of(unsigned char byte) {
  SigningSeed seed;
  seed.data.fill(byte);
  return signing_key_from(seed);
}

const SigningKey kZhang = key_of(1);

std::string signed_by(const SigningKey& key, int number, const std::string& envelope = "",
                      const std::string& rest = "") {
  const auto text =
      sign_task_file(task_text(id_text(number), "sender = zhang.min\n" + envelope, rest), "t.ini",
                     "zhang.min", key);
  INFO((text.ok() ? "" : text.error().message));
  REQUIRE(text.ok());
  return *text;
}

std::string signed_text(int number, const std::string& envelope = "",
                        const std::string& rest = "") {
  return signed_by(kZhang, number, envelope, rest);
}

/// Li Wei's agent, which trusts Zhang Min's key and has a handler for everything.
struct Receiver : AgentWorld {
  Receiver() {
    options.user = "li.wei";
    options.handlers.push_back({"all", {}, {"/bin/true"}, 1min});
    options.trusted.push_back({"zhang", "zhang.min", format_verify_key(kZhang.public_key)});
    start();
    connect();
    clear();
  }
  std::string rejection(const std::string& name) {
    return text(std::string(kInbox) + "/" + name + ".rejected");
  }
  std::string acceptance(const std::string& name) {
    return text(std::string(kInbox) + "/" + name + ".accepted");
  }
  /// What reports said, in their order: "started opened".
  std::string reported() const {
    std::string all;
    for (const wire::Message& message : pushed()) {
      wire::Body body;
      REQUIRE(body.ParseFromString(message.body()));
      const auto word = field_of(
          message, body, message.kind() == wire::RECEIPT ? "receipt.event" : "status.state");
      all += (all.empty() ? "" : " ") + word.value_or("?");
    }
    return all;
  }
};

wire::Message delivered(const std::string& text) {
  return message_from("user:zhang.min", text);
}

}  // namespace

TEST_CASE("a signed file of a trusted sender is taken as if the broker had brought it") {
  Receiver world;
  world.drop("a.ini", signed_text(1));
  CHECK_THAT(world.acceptance("a.ini"),
             StartsWith("opened at ") &&
                 Contains("from user:zhang.min, signed by [trust zhang], started"));
  CHECK(world.inbox_state_of(1) == "started");
  REQUIRE(world.started.size() == 1);
  const auto& argv = world.started[0].command;
  CHECK_THAT(world.text(argv.folder + "/task.ini"), Contains("sender = user:zhang.min"));
  CHECK(world.reported() == "started opened");
  CHECK(world.pushed()[0].recipient() == "user:zhang.min");
  CHECK(world.ask("ledger")["balanced"] == true);
}

TEST_CASE("the same signed file twice starts nothing a second time, also after a restart") {
  Receiver world;
  world.drop("a.ini", signed_text(1));
  world.drop("b.ini", signed_text(1));
  CHECK_THAT(world.acceptance("b.ini"), StartsWith("opened at "));
  world.start();
  world.drop("c.ini", signed_text(1));
  CHECK(world.started.size() == 1);
  // Another one under its id, as well signed.
  world.drop("d.ini", signed_text(1, "priority = urgent\n"));
  CHECK_THAT(world.rejection("d.ini"), Contains("differs from message"));
  CHECK(world.started.size() == 1);
}

TEST_CASE("what a signed file began, the broker's delivery does not begin again") {
  Receiver world;
  const std::string text = signed_text(1);
  world.drop("a.ini", text);
  world.clear();
  world.deliver(7, delivered(text));
  CHECK(world.delivery_answers() == "7:DELIVERED");
  CHECK(world.started.empty());
  CHECK(world.reported().empty());
  // Without the signature it is other content, and so another message.
  world.deliver(8, delivered(task_text(id_text(1))));
  CHECK(world.delivery_answers() == "7:DELIVERED 8:REFUSED");
  CHECK(world.started.empty());
}

TEST_CASE("what the broker brought, a signed file only opens") {
  Receiver world;
  const std::string text = signed_text(1);
  world.deliver(7, delivered(text));
  CHECK(world.started.size() == 1);
  world.drop("a.ini", text);
  CHECK(world.started.size() == 1);
  CHECK(world.reported() == "started opened");
}

TEST_CASE("a file that was changed, or signed by a stranger, is unverified and starts nothing") {
  Receiver world;
  std::string changed = signed_text(1);
  changed.replace(changed.find("J1"), 2, "J2");
  world.drop("changed.ini", changed);
  CHECK_THAT(world.rejection("changed.ini"),
             Contains("unverified: ") && Contains("changed after it was signed"));
  world.drop("stranger.ini", signed_by(key_of(2), 1));
  CHECK_THAT(world.rejection("stranger.ini"),
             Contains("unverified: ") && Contains("is not trusted here"));
  std::string cut = signed_text(1);
  cut.erase(cut.find("[signature]"));
  world.drop("cut.ini", cut + "[end]\n");
  CHECK_THAT(world.rejection("cut.ini"), Contains("unverified: ") && Contains("no [signature]"));
  std::string more = signed_text(1);
  more.replace(more.find("[end]"), 5, "[offer]\nmode = direct\n[end]");
  world.drop("more.ini", more);
  CHECK_THAT(world.rejection("more.ini"), Contains("behind [signature]"));
  CHECK(world.started.empty());
  CHECK(world.inbox_state_of(1) == "none");
  CHECK(world.pushed().empty());
}

TEST_CASE("a signed file that has expired starts nothing") {
  Receiver world;
  world.drop("a.ini", signed_text(1, "expires = 2026-03-04T08:59:59Z\n"));
  CHECK_THAT(world.rejection("a.ini"), Contains("expired at 2026-03-04T08:59:59Z"));
  world.drop("b.ini", signed_text(2, "expires = 2026-03-04T09:00:01Z\n"));
  CHECK(world.started.size() == 1);
}

TEST_CASE("a signed file to somebody else is rejected, and one of mine is relayed as it is") {
  Receiver world;
  std::string other = task_text(id_text(1), "sender = zhang.min\n");
  other.replace(other.find("li.wei"), 6, "wang.fang");
  const auto text = sign_task_file(other, "t.ini", "zhang.min", kZhang);
  REQUIRE(text.ok());
  world.drop("a.ini", *text);
  CHECK_THAT(world.rejection("a.ini"), Contains("neither its sender"));

  std::string mine = task_text(id_text(2), "sender = li.wei\n");
  const auto own = sign_task_file(mine, "t.ini", "li.wei", key_of(3));
  REQUIRE(own.ok());
  world.drop("b.ini", *own);
  REQUIRE(world.pushed().size() == 1);
  CHECK(world.pushed()[0].signed_file() == *own);
  CHECK(world.started.empty());
}

TEST_CASE("a signed file brings its attachments, and none that it does not sign") {
  Receiver world;
  const std::string bytes = "the manual";
  const auto files = [&](const std::string& content) {
    return "[files]\nfile.1 = a.docx\nfile.1.sha256 = " + to_hex(sha256_of(content)) + "\n";
  };
  world.put(std::string(kInbox) + "/a.docx", bytes);
  world.drop("a.ini", signed_text(1, "", files(bytes)));
  world.pass(1s);
  REQUIRE(world.started.size() == 1);
  CHECK(world.text(world.started[0].command.folder + "/a.docx") == bytes);

  world.put(std::string(kInbox) + "/a.docx", "another one");
  world.drop("b.ini", signed_text(2, "", files(bytes + "!")));
  world.pass(1min);
  CHECK_THAT(world.rejection("b.ini"), Contains("has sha256"));
  CHECK(world.started.size() == 1);
}

TEST_CASE("a delivery that says something else than its signed file is refused") {
  Receiver world;
  wire::Message message = delivered(signed_text(1));
  message.set_priority(wire::URGENT);
  world.deliver(1, message);
  CHECK(world.delivery_answers() == "1:REFUSED");
  CHECK(world.started.empty());
  CHECK(world.inbox_state_of(1) == "none");
  world.clear();
  // Whose key it is does not matter here: the broker knows its sender.
  world.deliver(2, delivered(signed_by(key_of(2), 2)));
  CHECK(world.delivery_answers() == "2:DELIVERED");
  CHECK(world.started.size() == 1);
}

TEST_CASE("an agent that ends while it takes a signed file starts its handler at most once") {
  for (const auto death : {WatchedDb::Death::kBeforeCommit, WatchedDb::Death::kAfterCommit}) {
    Receiver world;
    world.put(std::string(kInbox) + "/a.ini", signed_text(1));
    world.db.death = death;
    REQUIRE(world.step_fails({FolderHint{"drop", "a.ini"}}));
    world.start();
    const bool committed = death == WatchedDb::Death::kAfterCommit;
    CHECK(world.started.size() == (committed ? 0 : 1));
    CHECK(world.inbox_state_of(1) == (committed ? "interrupted" : "started"));
    CHECK_THAT(world.acceptance("a.ini"), StartsWith("opened at "));
    CHECK(world.files(std::string(kInbox) + "/.yizhan/sent") == "#-a.ini");
  }
}

TEST_CASE("a signed file of long ago, which retention removed, is not taken again") {
  Receiver world;
  world.options.retention = std::chrono::hours(1);
  const std::string text = signed_text(1);
  world.drop("a.ini", text);
  REQUIRE(world.started.size() == 1);
  Exit exit;
  exit.run = world.started[0].run;
  world.step({HandlerExited{exit}});
  world.pass(std::chrono::hours(26));
  REQUIRE(world.inbox_state_of(1) == "none");
  world.drop("b.ini", text);
  CHECK_THAT(world.rejection("b.ini"), Contains("was received before"));
  CHECK(world.started.size() == 1);
}
