#include "agent/attachments.h"

#include <catch2/catch.hpp>

#include "config/ids.h"
#include "tests/agent/core_world.h"

using namespace yizhan;
using namespace yizhan::agent;
using Catch::Matchers::Contains;

namespace {

const std::string kSent = std::string(kInbox) + "/.yizhan/sent";

std::string beside(const std::string& name) {
  return std::string(kInbox) + "/" + name;
}

/// A task with one file; `more` are further keys of it.
std::string with_file(int number, const std::string& more = "") {
  return task_text(id_text(number), "", "[files]\nfile.1 = a.docx\nfile.1.role = source\n" + more);
}
std::string sized(const std::string& bytes) {
  return "file.1.size = " + std::to_string(bytes.size()) +
         "\nfile.1.sha256 = " + to_hex(sha256_of(bytes)) + "\n";
}

wire::Attachment only_attachment(AgentWorld& world) {
  world.connect();
  REQUIRE(world.pushed().size() == 1);
  REQUIRE(world.pushed()[0].attachments_size() == 1);
  return world.pushed()[0].attachments(0);
}

}  // namespace

TEST_CASE("an attachment whose size and hash are right is taken at once and moved along") {
  AgentWorld world;
  world.start();
  world.put(beside("a.docx"), "the manual");
  world.drop("job.ini", with_file(1, sized("the manual")));
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(kInbox) == "job.ini.accepted");
  CHECK(world.files(kSent) == "#-a.docx #-job.ini");
  const wire::Attachment one = only_attachment(world);
  CHECK(one.name() == "a.docx");
  CHECK(one.size() == 10);
  CHECK(one.sha256() == sha256_of("the manual").view());
  CHECK(world.text(std::string(kState) + "/blobs/" + to_hex(sha256_of("the manual")).substr(0, 2) +
                   "/" + to_hex(sha256_of("the manual"))) == "the manual");
}

TEST_CASE("an attachment without size is taken once it is still") {
  AgentWorld world;
  world.start();
  world.put(beside("a.docx"), "the man");
  world.drop("job.ini", with_file(1));
  world.pass(400ms);
  world.drop("a.docx", "the manual");
  world.pass(499ms);
  CHECK(world.state_of(1) == "none");
  world.pass(1ms);
  CHECK(only_attachment(world).size() == 10);
}

TEST_CASE("an attachment may come after its task file") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", with_file(1, sized("the manual")));
  world.pass(9s);
  CHECK(world.state_of(1) == "none");
  world.drop("a.docx", "the manual");
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("patience counts from the last change, so a slow copy is waited for") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", with_file(1, sized("the manual")));
  for (int i = 1; i <= 9; ++i) {
    world.pass(9s);
    world.drop("a.docx", std::string("the manual").substr(0, static_cast<std::size_t>(i)));
  }
  world.pass(9s);
  world.drop("a.docx", "the manual");
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("a missing attachment is named after ten seconds, and what is there stays there") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", with_file(1));
  world.pass(9999ms);
  CHECK(world.files(kInbox).empty());
  world.pass(1ms);
  CHECK_THAT(world.text(beside("job.ini.rejected")),
             Contains("attachment 'a.docx' (line ") && Contains("is not in the same folder"));
  CHECK(world.files(std::string(kInbox) + "/.yizhan/rejected") == "#-job.ini");
}

TEST_CASE("a wrong size or hash is rejected with both values") {
  AgentWorld world;
  world.start();
  world.put(beside("a.docx"), "the MANUAL");
  world.drop("job.ini", with_file(1, sized("the manual")));
  world.pass(11s);
  CHECK_THAT(world.text(beside("job.ini.rejected")), Contains(to_hex(sha256_of("the manual"))) &&
                                                         Contains(to_hex(sha256_of("the MANUAL"))));
  world.drop("size.ini", with_file(2, sized("the manual, all of it")));
  world.pass(11s);
  CHECK_THAT(world.text(beside("size.ini.rejected")),
             Contains("has 10 bytes") && Contains("says 21"));
  CHECK(world.text(beside("a.docx")) == "the MANUAL");
}

TEST_CASE("a link as attachment is refused at once") {
  AgentWorld world;
  world.start();
  world.disk.put_other(beside("a.docx"));
  world.drop("job.ini", with_file(1));
  CHECK_THAT(world.text(beside("job.ini.rejected")), Contains("not a regular file"));
}

TEST_CASE("a name that leads out of the folder is never opened") {
  AgentWorld world;
  world.start();
  world.put("/home/secret", "secret");
  const std::uint64_t before = world.disk.calls();
  world.disk.set_fault([](std::string_view, const std::string& path) -> std::optional<Error> {
    if (path.find("secret") != std::string::npos) FAIL("touched " + path);
    return std::nullopt;
  });
  world.drop("job.ini", task_text(id_text(1), "", "[files]\nfile.1 = ../secret\n"));
  CHECK(world.disk.calls() > before);
  CHECK(world.state_of(1) == "none");
  CHECK_FALSE(world.text(beside("job.ini.rejected")).empty());
}

TEST_CASE("two tasks that were dropped together can share an attachment") {
  AgentWorld world;
  world.start();
  world.put(beside("a.docx"), "the manual");
  world.put(beside("1.ini"), with_file(1, sized("the manual")));
  world.put(beside("2.ini"), with_file(2, sized("the manual")));
  world.step({FolderHint{"drop", ""}});
  CHECK(world.state_of(1) == "queued");
  CHECK(world.state_of(2) == "queued");
  // And a later one finds it by its hash, without the file.
  world.drop("3.ini", with_file(3, sized("the manual")));
  CHECK(world.state_of(3) == "queued");
}

TEST_CASE("the same task again, without its attachment, is known") {
  AgentWorld world;
  world.start();
  world.put(beside("a.docx"), "the manual");
  world.drop("job.ini", with_file(1));
  world.pass(1s);
  REQUIRE(world.state_of(1) == "queued");
  world.drop("again.ini", with_file(1));
  CHECK_THAT(world.text(beside("again.ini.accepted")), Contains("already taken"));
}

TEST_CASE("a task that waits for its attachment is waited for by the next process") {
  AgentWorld world;
  world.start();
  world.drop("job.ini", with_file(1, sized("the manual")));
  world.start();
  CHECK(world.files(std::string(kInbox) + "/.yizhan/claimed") == "#-job.ini");
  world.drop("a.docx", "the manual");
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(kSent) == "#-a.docx #-job.ini");
}

TEST_CASE("a disk that is full makes a task wait, not fail") {
  AgentWorld world;
  world.start();
  world.put(beside("a.docx"), "the manual");
  bool full = true;
  world.disk.set_fault([&](std::string_view call, const std::string& path) -> std::optional<Error> {
    const bool blob = path.find("/blobs/") != std::string::npos;
    if (full && blob && call == "write") return Error{Code::kIo, "no space left on device"};
    return std::nullopt;
  });
  world.drop("job.ini", with_file(1, sized("the manual")));
  world.pass(2min);
  CHECK(world.state_of(1) == "none");
  CHECK(world.text(beside("job.ini.rejected")).empty());
  full = false;
  world.pass(20s);
  CHECK(world.state_of(1) == "queued");
}

TEST_CASE("an observed task takes its attachment and leaves it where it is") {
  AgentWorld world;
  world.options.watches = {{"downloads", kInbox, false, 2s}};
  world.start();
  world.put(beside("a.docx"), "the manual");
  world.put(beside("job.ini"), with_file(1));
  world.step({FolderHint{"downloads", "job.ini"}});
  world.pass(1s);
  CHECK(world.state_of(1) == "queued");
  CHECK(world.files(kInbox) == "a.docx job.ini");
}
