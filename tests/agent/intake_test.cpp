#include "agent/intake.h"

#include <catch2/catch.hpp>

#include "tests/agent/core_world.h"
#include "wire/limits.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string kSent = std::string(kInbox) + "/.yizhan/sent";
const std::string kRejected = std::string(kInbox) + "/.yizhan/rejected";
const std::string kClaimed = std::string(kInbox) + "/.yizhan/claimed";

std::string beside(const std::string& name) {
  return std::string(kInbox) + "/" + name;
}

AgentWorld& observing(AgentWorld& world) {
  world.options.watches = {{"downloads", kInbox, false, 2s}};
  return world;
}

}  // namespace

TEST_CASE("a whole file is taken at once, moved to sent, and answered beside it") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", task_text(id_text(1)));
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(kInbox) == "job.ini.accepted");
  CHECK(world.files(kSent) == "#-job.ini");
  CHECK(world.files(kClaimed).empty());
  CHECK_THAT(world.text(beside("job.ini.accepted")),
             StartsWith("accepted at 2026-03-04T09:00:00Z: message " + id_text(1) +
                        ", task to user:li.wei"));
}

TEST_CASE("files that were dropped while the agent was down are found") {
  AgentWorld world;
  world.put(beside("job.ini"), task_text(id_text(1)));
  world.start();
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("a file without a hint is found by the next rescan") {
  AgentWorld world;
  world.start();
  world.put(beside("job.ini"), task_text(id_text(1)));
  world.pass(60s);
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("a file without [end] is taken after half a second of quiet") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", task_text(id_text(1), "", "", ""));
  world.pass(499ms);
  CHECK(world.state_of(1) == "none");
  CHECK(world.files(kInbox) == "job.ini");
  world.pass(1ms);
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("a file that still grows is waited for, and [end] ends the wait") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", task_text(id_text(1), "", "", ""));
  world.pass(400ms);
  world.drop("job.ini", task_text(id_text(1), "", "[instructions]\ntext = more\n", ""));
  world.pass(499ms);
  CHECK(world.state_of(1) == "none");
  world.drop("job.ini", task_text(id_text(1), "", "[instructions]\ntext = more\n"));
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("foreign files, hidden files and half downloads are left alone, silently") {
  AgentWorld world;
  world.start();
  world.clear();
  const std::string task = task_text(id_text(1));
  world.drop("desktop.ini", "[.ShellClassInfo]\nIconIndex=1\n");
  world.drop("php.ini", "; [yizhan] in a comment\n[PHP]\n");
  world.drop("film.mkv", std::string(1 << 20, '\0'));
  world.drop("empty.ini", "");
  for (const char* name : {"a.ini.part", "a.ini.crdownload", "a.tmp", "a.PARTIAL", "a.download",
                           "a.ini~", ".a.ini", "a.ini.done"}) {
    world.drop(name, task);
  }
  world.pass(5min);
  CHECK(world.state_of(1) == "none");
  CHECK(world.files(kInbox) ==
        ".a.ini a.PARTIAL a.download a.ini.crdownload a.ini.done a.ini.part a.ini~ a.tmp "
        "desktop.ini empty.ini film.mkv php.ini");
  CHECK(world.log.find("ini") == std::string::npos);

  // The browser renames it when it is there.
  REQUIRE(world.disk.rename(beside("a.ini.part"), beside("a.ini")).ok());
  world.step({FolderHint{"drop", "a.ini"}});
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("a file that becomes a task file is looked at again") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", "");
  world.drop("job.ini", task_text(id_text(1)));
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("a wrong file is rejected with its line, kept, and does not hold up others") {
  AgentWorld world;
  world.start();
  world.put(beside("a.ini"), "[yizhan]\nversion = 1\nversion = 2\n[end]\n");
  world.put(beside("b.ini"), task_text(id_text(1)));
  world.step({FolderHint{"drop", ""}});
  CHECK(world.files(kInbox) == "a.ini.rejected b.ini.accepted");
  CHECK(world.files(kRejected) == "#-a.ini");
  CHECK_THAT(world.text(beside("a.ini.rejected")), Contains("a.ini:3: "));

  world.drop("a.ini", task_text(id_text(2)));  // put right
  CHECK(world.files(kInbox) == "a.ini.accepted b.ini.accepted");
}

TEST_CASE("the same file twice is one message, other content under its id is refused") {
  AgentWorld world;
  world.start();
  world.drop("a.ini", task_text(id_text(1)));
  world.drop("again.ini", "; a copy with a comment\r\n" + task_text(id_text(1)));
  CHECK_THAT(world.text(beside("again.ini.accepted")),
             StartsWith("already taken, from watch:drop/a.ini at 2026-03-04T09:00:00Z"));
  world.drop("other.ini", task_text(id_text(1), "priority = high\n"));
  CHECK_THAT(world.text(beside("other.ini.rejected")),
             Contains("was used before, with other content, from watch:drop/a.ini at"));
  CHECK(world.ask("ledger")["counters"]["accepted"] == 1);
}

TEST_CASE("a file is outgoing when its sender is absent, this user or this key") {
  AgentWorld world;
  world.start();
  const std::string code = world.ask("status")["code"];
  world.drop("a.ini", task_text(id_text(1), "sender = zhang.min\n"));
  world.drop("b.ini", task_text(id_text(2), "sender = user:zhang.min\n"));
  world.drop("c.ini", task_text(id_text(3), "sender = code:" + code + "\n"));
  for (int i = 1; i <= 3; ++i) CHECK(world.state_of(i) == "queued");
}

TEST_CASE("a file from somebody else to somebody else is rejected with both names") {
  AgentWorld world;
  world.start();
  world.drop("a.ini", task_text(id_text(1), "sender = user:eve\n"));
  CHECK(world.state_of(1) == "none");
  CHECK_THAT(world.text(beside("a.ini.rejected")),
             Contains("neither its sender, user:eve, nor its recipient, user:li.wei"));
}

TEST_CASE("a file to this user that the broker did not bring is unverified and starts nothing") {
  AgentWorld world;
  world.options.user = "li.wei";
  world.options.handlers.push_back({"all", {}, {"/bin/true"}, 1min});
  world.start();
  world.drop("a.ini", task_text(id_text(1), "sender = user:zhang.min\n"));
  CHECK_THAT(world.text(beside("a.ini.rejected")), Contains("unverified: "));
  CHECK(world.started.empty());
}

TEST_CASE("opening a message that the broker brought tells its sender once") {
  AgentWorld world;
  world.options.user = "li.wei";
  world.start();
  world.connect();
  const std::string text = task_text(id_text(1));
  world.deliver(1, message_from("user:zhang.min", text));
  world.clear();
  world.drop("a.ini", task_text(id_text(1), "sender = zhang.min\n"));
  CHECK_THAT(world.text(beside("a.ini.accepted")), StartsWith("opened at "));
  REQUIRE(world.pushed().size() == 1);
  const wire::Message receipt = world.pushed()[0];
  CHECK(receipt.kind() == wire::RECEIPT);
  CHECK(receipt.recipient() == "user:zhang.min");
  CHECK(receipt.in_reply_to() == id_text(1));
  CHECK_THAT(receipt.body(), Contains("opened"));

  world.drop("b.ini", task_text(id_text(1), "sender = zhang.min\n"));
  CHECK(world.pushed().size() == 1);

  world.drop("c.ini", task_text(id_text(1), "sender = zhang.min\npriority = urgent\n"));
  CHECK_THAT(world.text(beside("c.ini.rejected")), Contains("differs from message"));
  world.drop("d.ini", task_text(id_text(1), "sender = user:eve\n"));
  CHECK_THAT(world.text(beside("d.ini.rejected")), Contains("unverified"));
  world.drop("e.ini", task_text(id_text(1)));  // as if it were ours
  CHECK_THAT(world.text(beside("e.ini.accepted")), Contains("already sent by user:zhang.min"));
  world.drop("f.ini", task_text(id_text(1), "priority = low\n"));
  CHECK_THAT(world.text(beside("f.ini.rejected")), Contains("received from user:zhang.min"));
}

TEST_CASE("a message that has expired already is rejected") {
  AgentWorld world;
  world.start();
  world.drop("a.ini", task_text(id_text(1), "expires = 2026-03-04T08:59:59Z\n"));
  CHECK_THAT(world.text(beside("a.ini.rejected")), Contains("expired"));
}

TEST_CASE("the size of a task file is limited") {
  AgentWorld world;
  world.start();
  const std::string task = task_text(id_text(1));
  const std::size_t room = wire::kMaxTaskFileBytes - task.size() - 3;
  std::string padding;
  while (padding.size() + 64 < room) padding += ";" + std::string(62, 'x') + "\n";
  padding += ";" + std::string(room - padding.size(), 'x') + "\n;";
  const std::string full =
      padding.substr(0, wire::kMaxTaskFileBytes - task.size() - 1) + "\n" + task;
  REQUIRE(full.size() == wire::kMaxTaskFileBytes);
  world.drop("big.ini", task + full.substr(0, full.size() - task.size()));
  world.pass(1s);
  CHECK(world.state_of(1) == "queued");
  world.drop("bigger.ini", task_text(id_text(2)) + padding + padding);
  world.pass(1s);
  CHECK_THAT(world.text(beside("bigger.ini.rejected")), Contains("limit"));
}

TEST_CASE("observed files stay, and one content is one message wherever it is moved") {
  AgentWorld world;
  observing(world).start();
  world.put(beside("a.ini"), task_text(id_text(1)));
  world.step({FolderHint{"downloads", "a.ini"}});
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(kInbox) == "a.ini");
  REQUIRE(world.disk.rename(beside("a.ini"), beside("a (1).ini")).ok());
  world.step({FolderHint{"downloads", "a (1).ini"}});
  world.start();  // and again by a new process
  CHECK(world.files(kInbox) == "a (1).ini");
  CHECK(world.ask("ledger")["counters"]["accepted"] == 1);
}

TEST_CASE("a wrong observed file is reported once, not at each rescan or start") {
  AgentWorld world;
  observing(world).start();
  world.put(beside("a.ini"), "[yizhan]\nnonsense\n[end]\n");
  world.step({FolderHint{"downloads", "a.ini"}});
  CHECK_THAT(world.log, Contains("a.ini:2"));
  world.clear();
  world.pass(5min);
  world.start();
  CHECK(world.log.find("a.ini") == std::string::npos);
  CHECK(world.files(kInbox) == "a.ini");
}

TEST_CASE("each observed file that is too large is reported, once") {
  AgentWorld world;
  observing(world).start();
  const std::string large = task_text(id_text(1)) + std::string(wire::kMaxTaskFileBytes, 'x');
  for (const char* name : {"a.ini", "b.ini"}) {
    world.put(beside(name), large);
    world.step({FolderHint{"downloads", name}});
    world.pass(1s);
    CHECK_THAT(world.log, Contains(std::string(name) + ": it is over the limit of 262144 bytes"));
    world.clear();
    world.pass(5min);
    CHECK(world.log.find(name) == std::string::npos);
  }
}

TEST_CASE("what yizhan open left in the spool is taken and the entry removed") {
  AgentWorld world;
  const std::string entry = std::string(kState) + "/spool/" + id_text(77);
  world.put(entry + "/order.ini",
            task_text(id_text(1), "", "[files]\nfile.1 = a.txt\nfile.1.role = source\n"));
  world.put(entry + "/a.txt", "hello");
  world.put(entry + "/.from", "/home/zhang/order.ini\n");
  world.start();
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(entry) == "no such folder");
  CHECK(world.ask("tasks.show", {{"id", id_text(1)}})["origin"] == "open:/home/zhang/order.ini");
}

TEST_CASE("a wrong file in the spool is kept with its reason") {
  AgentWorld world;
  world.start();
  const std::string entry = std::string(kState) + "/spool/" + id_text(77);
  world.put(entry + "/order.ini", "[yizhan]\nnonsense\n[end]\n");
  world.put(entry + "/.from", "/home/zhang/order.ini\n");
  world.step({FolderHint{"spool", id_text(77)}});
  CHECK(world.files(entry) == "no such folder");
  const std::string kept = std::string(kState) + "/rejected/" + id_text(77) + "-order.ini";
  CHECK_THAT(world.text(kept), Contains("nonsense"));
  CHECK_THAT(world.text(kept + ".rejected"), Contains("order.ini:2"));
}

TEST_CASE("a folder that was deleted and made again before anybody looked is used again") {
  AgentWorld world;
  world.start();
  for (const std::string& path : {kClaimed, kSent, kRejected, std::string(kInbox) + "/.yizhan"}) {
    REQUIRE(world.disk.remove_folder(path).ok());
  }
  world.drop("job.ini", task_text(id_text(1)));
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(kInbox) == "job.ini.accepted");
  CHECK(world.files(kSent) == "#-job.ini");
}

TEST_CASE("a link or FIFO is never opened and is reported once") {
  AgentWorld world;
  world.start();
  world.disk.put_other(beside("trap.ini"));
  world.disk.put_other(beside("socket"));
  world.step({FolderHint{"drop", "trap.ini"}, FolderHint{"drop", "socket"}});
  CHECK_THAT(world.text(beside("trap.ini.rejected")), Contains("not a regular file"));
  CHECK(world.text(beside("socket.rejected")).empty());
  world.clear();
  world.pass(5min);
  CHECK(world.log.empty());
}

TEST_CASE("a file that may not be read is reported once and taken when it may") {
  AgentWorld world;
  world.start();
  const std::string path = beside("secret.ini");
  world.disk.set_fault([&](std::string_view call, const std::string& of) -> std::optional<Error> {
    if (of == path && call == "read_at") return Error{Code::kDenied, "open " + of + ": denied"};
    return std::nullopt;
  });
  world.drop("secret.ini", task_text(id_text(1)));
  world.clear();
  world.pass(3min);
  CHECK(world.log.empty());
  world.disk.set_fault({});
  world.pass(60s);
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("a folder that goes away is reported once and used again when it is back") {
  AgentWorld world;
  world.start();
  bool away = true;
  world.disk.set_fault([&](std::string_view call, const std::string& of) -> std::optional<Error> {
    if (away && call == "list" && of == kInbox) return Error{Code::kNotFound, of + ": gone"};
    return std::nullopt;
  });
  world.clear();
  world.pass(5min);
  CHECK_THAT(world.log, Contains("gone"));
  CHECK(world.log.find("gone") == world.log.rfind("gone"));
  CHECK(world.ask("status")["watches"][0]["usable"] == false);
  away = false;
  world.put(beside("a.ini"), task_text(id_text(1)));
  world.pass(60s);
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("names with line feeds and of full length are taken and cannot forge text") {
  AgentWorld world;
  world.start();
  world.drop("a\n2026 accepted everything.ini", "[yizhan]\nnonsense\n[end]\n");
  world.drop(std::string(251, 'n') + ".ini", task_text(id_text(1)));
  CHECK(world.state_of(1) == "queued");
  CHECK(world.log.find("a\n2026") == std::string::npos);
  CHECK(world.files(kInbox) ==
        "a\n2026 accepted everything.ini.rejected " + std::string(200, 'n') + ".accepted");
}

TEST_CASE("hints for unknown watches and for paths are ignored") {
  AgentWorld world;
  world.start();
  world.put("/home/a.ini", task_text(id_text(1)));
  world.step({FolderHint{"drop", "../a.ini"}, FolderHint{"other", "a.ini"}});
  CHECK(world.state_of(1) == "none");
}
