// What a translator delivers, what is refused and why, and what the manager says of it.
#include "agent/deliveries.h"

#include "tests/agent/task_world.h"

namespace yizhan::agent {

namespace {

using Answer = nlohmann::json;

/// A job that is translated, saved and exported.
struct DeliveryWorld : TaskWorld {
  DeliveryWorld() {
    save();
    stats(0);
    translate("打开。");
    answer_pushes(wire::PushResult::One::STORED);
    clear();
  }
  void save() { put(kTaskProject + "/omegat/project_save.tmx", "<tmx/>"); }
  Answer hand_in(const std::string& what = "P-1 J1", bool partial = false) {
    return ask("deliver", {{"what", what}, {"partial", partial}});
  }
  Answer hand_in_files(const std::string& what, const std::vector<std::string>& files) {
    return ask("deliver", {{"what", what}, {"files", files}});
  }
  /// The deliveries that were pushed: "user:wang.fang a.txt=打开。\n".
  std::string delivered() {
    std::string all;
    for (const wire::Message& one : pushed()) {
      wire::Body body;
      REQUIRE(body.ParseFromString(one.body()));
      const std::string* state = wire::find_entry(body, "status", "state");
      if (one.kind() != wire::STATUS || state == nullptr || *state != "delivered") continue;
      CHECK(one.in_reply_to() == id_text(3));
      all += one.recipient();
      for (int i = 0; i < one.attachments_size(); ++i) {
        const wire::Attachment& file = one.attachments(i);
        const std::string key = "file." + std::to_string(i + 1);
        CHECK(*wire::find_entry(body, "files", key) == file.name());
        CHECK(*wire::find_entry(body, "files", key + ".size") == std::to_string(file.size()));
        const std::string hash = *wire::find_entry(body, "files", key + ".sha256");
        CHECK(hash == to_hex(*Sha256::from(file.sha256())));
        all += " " + file.name() + "=" +
               text(std::string(kState) + "/blobs/" + hash.substr(0, 2) + "/" + hash);
      }
      const std::string* partial = wire::find_entry(body, "status", "partial");
      all += partial == nullptr ? "\n" : " partial\n";
    }
    return all;
  }
  void judged(const std::string& word, const std::string& who = "user:wang.fang") {
    report(who, word, 3);
  }
};

}  // namespace

TEST_CASE("a delivery takes the exported documents to whoever gave the task, and stands") {
  DeliveryWorld world;
  world.put(kTaskProject + "/target/part/b.txt", "关闭。");
  world.pass(5s);
  const Answer answer = world.hand_in();
  INFO(answer.dump());
  CHECK(answer["state"] == "delivered");
  CHECK(answer["to"] == "user:wang.fang");
  CHECK(world.delivered() == "user:wang.fang a.txt=打开。 part_b.txt=关闭。\n");
  CHECK(world.inbox_state_of(3) == "delivered");
  // The same again is no second delivery, also after a restart.
  world.answer_pushes(wire::PushResult::One::STORED);
  world.clear();
  world.start();
  world.sync();
  CHECK(world.hand_in()["again"] == true);
  CHECK(world.delivered().empty());
  CHECK(world.inbox_state_of(3) == "delivered");
  // A correction is.
  world.translate("请打开。");
  world.clear();
  CHECK(world.hand_in(kTaskProject)["again"] == false);
  CHECK(has(world.delivered(), "a.txt=请打开。"));
}

TEST_CASE("what cannot be delivered is refused with the reason, and nothing is sent") {
  DeliveryWorld world;
  const auto refused = [&](const std::string& why, const Answer& answer) {
    INFO(answer.dump());
    CHECK(answer["code"] ==
          (has(why, "follows no") || has(why, "no task") ? "not-found" : "invalid"));
    CHECK(has(answer["error"], why));
    CHECK(world.delivered().empty());
    CHECK(world.inbox_state_of(3) == "ready");
  };
  SECTION("nothing is exported") {
    REQUIRE(world.disk.remove(kTaskProject + "/target/a.txt").ok());
    refused("nothing has been exported yet", world.hand_in());
  }
  SECTION("it was saved since") {
    world.now.wall += 1min;
    world.step();
    world.save();
    refused("a.txt is older than what was last saved", world.hand_in());
  }
  SECTION("segments are left") {
    world.stats(2);
    refused("2 of 4 segments are not translated", world.hand_in());
    CHECK(world.hand_in("P-1 J1", true)["state"] == "delivered");
    CHECK(has(world.delivered(), "partial"));
    return;
  }
  SECTION("nothing is known of how much is translated") {
    REQUIRE(world.disk.remove(kTaskProject + "/omegat/project_stats.txt").ok());
    world.start();
    refused("it is not known how much is translated", world.hand_in());
  }
  SECTION("it is being written") {
    world.put(kTaskProject + "/target/a.txt", "打");
    refused("are being written just now", world.hand_in());
  }
  SECTION("nobody knows it") {
    refused("follows no project gear; those of tasks are: P-1 J1", world.hand_in("gear"));
    refused("has received no task", world.hand_in(id_text(77)));
  }
  SECTION("files that are none") {
    refused("/home/li/none.txt", world.hand_in_files(id_text(3), {"/home/li/none.txt"}));
    refused("is no file", world.hand_in_files(id_text(3), {kTaskProject + "/target"}));
    world.put("/home/li/a.txt", "x");
    refused("two of the files are called a.txt",
            world.hand_in_files(id_text(3), {"/home/li/a.txt", kTaskProject + "/target/a.txt"}));
  }
}

TEST_CASE("a task that was declined is not delivered") {
  DeliveryWorld world;
  world.ask("report", {{"id", id_text(3)}, {"event", "declined"}});
  CHECK(has(world.hand_in()["error"], "was declined"));
  CHECK(world.delivered().empty());
}

TEST_CASE("as many files as kMaxDeliveredFiles says are one delivery") {
  DeliveryWorld world;
  std::vector<std::string> files;
  for (std::size_t i = 0; i <= kMaxDeliveredFiles; ++i) {
    files.push_back("/home/li/" + std::to_string(1000 + i));
    world.put(files.back(), std::to_string(i));
  }
  const Answer answer = world.hand_in_files(id_text(3), files);
  CHECK(answer["code"] == "limit");
  CHECK(has(answer["error"], "200 is the limit"));
  files.pop_back();
  CHECK(world.hand_in_files(id_text(3), files)["files"].size() == kMaxDeliveredFiles);
}

TEST_CASE("what a task without a project asks for is delivered by naming the files") {
  DeliveryWorld world;
  std::string text = task_text(id_text(3));
  text.replace(text.find("type = translate"), 16, "type = revise\npm = zhou");
  text.replace(text.find(id_text(3)), 36, id_text(4));
  world.deliver(2, message_from("user:wang.fang", text));
  CHECK(has(world.hand_in(id_text(4))["error"], "has no project here: name the files"));
  world.put("/home/li/revised.docx", "x");
  // The project manager that the task names hears as well.
  CHECK(world.hand_in_files(id_text(4), {"/home/li/revised.docx"})["to"] ==
        "user:wang.fang, user:zhou");
  CHECK(world.inbox_state_of(4) == "delivered");
}

TEST_CASE("the project's memory goes along if the task asks for it") {
  DeliveryWorld world;
  std::string text = task_text(id_text(3));
  text.replace(text.find("id = J1"), 7, "id = J2\ndeliver_as = target_file, project_tm");
  text.replace(text.find(id_text(3)), 36, id_text(4));
  world.deliver(2, message_from("user:wang.fang", text));
  const std::string project = "/home/li/OmegaT/P-1 J2";
  world.put(project + "/target/a.txt", "打开。");
  world.put(project + "/P-1 J2-omegat.tmx", "<tmx/>");
  world.pass(30s);
  const Answer answer = world.hand_in("P-1 J2", true);
  INFO(answer.dump());
  REQUIRE(answer["files"].size() == 2);
  CHECK(answer["files"][1]["name"] == "P-1 J2-omegat.tmx");
}

TEST_CASE("whatever step a crash comes after, a delivery is made once or not at all") {
  for (const auto death : {WatchedDb::Death::kBeforeCommit, WatchedDb::Death::kAfterCommit}) {
    DeliveryWorld world;
    wire::Request request;
    request.set_ref(1);
    request.set_verb("deliver");
    request.set_json(Answer{{"what", "P-1 J1"}}.dump());
    world.db.death = death;
    CHECK(world.step_fails({ControlRequest{"person", request.SerializeAsString()}}));
    world.start();
    world.sync();
    const bool committed = death == WatchedDb::Death::kAfterCommit;
    CHECK(world.inbox_state_of(3) == (committed ? "delivered" : "ready"));
    CHECK(world.hand_in()["again"] == committed);
    CHECK(world.delivered() == "user:wang.fang a.txt=打开。\n");
  }
}

TEST_CASE("a source that changes after the delivery is told until the job is approved") {
  DeliveryWorld world;
  world.hand_in();
  world.clear();
  world.source("Open it.");
  CHECK(world.said() == TaskWorld::change("Open.", "Open it."));
  world.clear();
  world.judged("approved", "user:zhou");  // who has no say
  CHECK(world.inbox_state_of(3) == "delivered");
  world.judged("approved");
  CHECK(world.inbox_state_of(3) == "done");
  world.source("Open.");
  CHECK(world.said().empty());
}

TEST_CASE("a job that is sent back is under way, and is delivered again, also unchanged") {
  DeliveryWorld world;
  world.hand_in();
  world.judged("rework");
  CHECK(world.inbox_state_of(3) == "in_progress");
  world.clear();
  CHECK(world.hand_in()["again"] == false);
  CHECK(world.delivered() == "user:wang.fang a.txt=打开。\n");
  world.judged("closed");
  CHECK(world.inbox_state_of(3) == "done");
}

TEST_CASE("a delivery that the broker keeps back is none, and can be made again unchanged") {
  DeliveryWorld world;
  const std::string id = world.hand_in()["delivery"];
  const auto kept_back = [&](const std::string& sender, const std::string& event, int number) {
    wire::Message receipt = message_from(
        sender, "[yizhan]\nversion = 1\nkind = receipt\nid = " + id_text(number) +
                    "\ncreated = 2026-03-04T09:12:00Z\nrecipient = user:li.wei\nin_reply_to = " +
                    id + "\n[receipt]\nof = " + id + "\nevent = delivered\n[end]\n");
    // Words that only the broker says.
    wire::Body body;
    wire::Section* section = body.add_sections();
    section->set_name("receipt");
    for (const auto& [key, value] : {std::pair<std::string, std::string>{"event", event},
                                     {"text", "The source has changed."}}) {
      wire::Entry* entry = section->add_entries();
      entry->set_key(key);
      entry->set_value(value);
    }
    receipt.set_body(body.SerializeAsString());
    world.deliver(static_cast<std::uint64_t>(number), receipt);
  };
  kept_back("user:zhou", "quarantined", 91);  // nobody else's word
  kept_back("role:broker", "notice", 92);
  CHECK(world.inbox_state_of(3) == "delivered");
  kept_back("role:broker", "quarantined", 93);
  CHECK(world.inbox_state_of(3) == "in_progress");
  CHECK(world.ask("tasks.show", {{"id", id_text(3)}})["reason"] ==
        "delivery not accepted: The source has changed.");
  world.clear();
  CHECK(world.hand_in()["again"] == false);
  CHECK(world.delivered() == "user:wang.fang a.txt=打开。\n");
}

// ---- whoever gave the task

namespace {

struct ManagerWorld : AgentWorld {
  ManagerWorld() {
    start();
    connect();
    drop("a.ini", task_text(id_text(1)));
    answer_pushes(wire::PushResult::One::STORED);
    clear();
  }
  wire::Message delivery(int number) {
    wire::Message status = message_from(
        "user:li.wei",
        "[yizhan]\nversion = 1\nkind = status\nid = " + id_text(number) +
            "\ncreated = 2026-03-04T09:12:00Z\nrecipient = user:zhang.min\nin_reply_to = " +
            id_text(1) + "\n[status]\nstate = delivered\nfiles = 1\n[end]\n");
    return status;
  }
  std::string state() { return ask("tasks.show", {{"id", id_text(1)}})["recipient_states"].dump(); }
};

}  // namespace

TEST_CASE("a delivery lies with its files at whoever gave the task, who approves it") {
  ManagerWorld world;
  CHECK(has(world.ask("report", {{"id", id_text(1)}, {"event", "approved"}})["error"],
            "nobody has delivered"));
  world.report("user:li.wei", "failed", 1);
  CHECK(world.state_of(1) == "failed");
  wire::Message status = world.delivery(7);
  const Sha256 hash = sha256_of("打开。");
  wire::Attachment* const file = status.add_attachments();
  file->set_name("a.txt");
  file->set_size(9);
  file->set_sha256(std::string(hash.view()));
  world.clear();
  world.deliver(1, status);
  CHECK(world.delivery_answers() == "1:HELD");
  wire::FromBroker chunk;
  chunk.mutable_blob_chunk()->set_sha256(file->sha256());
  chunk.mutable_blob_chunk()->set_size(9);
  chunk.mutable_blob_chunk()->set_data("打开。");
  world.frame(chunk);
  const std::string folder = std::string(kState) + "/inbox/" + id_text(7);
  CHECK(world.text(folder + "/a.txt") == "打开。");
  CHECK(has(world.text(folder + "/status.ini"), "state = delivered"));
  // The failure of a program is made good by it.
  CHECK(world.state_of(1) == "done");
  CHECK(has(world.state(), "\"reason\":\"delivered, files: 1\""));

  world.clear();
  CHECK(world.ask("report",
                  {{"id", id_text(1)}, {"event", "rework"}, {"reason", "see p. 3"}})["to"] ==
        "user:li.wei");
  REQUIRE(world.pushed().size() == 1);
  CHECK(world.pushed()[0].in_reply_to() == id_text(1));
  CHECK(has(world.state(), "\"reason\":\"rework: see p. 3\""));
  CHECK(has(world.ask("report", {{"id", id_text(1)}, {"event", "approved"}})["error"],
            "nobody has delivered"));
  world.deliver(2, world.delivery(8));
  CHECK(world.ask("report", {{"id", id_text(1)}, {"event", "approved"}})["state"] == "approved");
  CHECK(has(world.state(), "\"reason\":\"delivered, approved\""));
  CHECK(world.ask("report", {{"id", id_text(1)}, {"event", "closed"}})["state"] == "closed");
}

TEST_CASE("only a task of one's own is approved") {
  ManagerWorld world;
  CHECK(has(world.ask("report", {{"id", id_text(9)}, {"event", "approved"}})["error"],
            "only who gave a task"));
  CHECK(world.ask("report", {{"id", id_text(1)}, {"event", "closed"}})["to"] == "user:li.wei");
}

}  // namespace yizhan::agent
