#pragma once
// An agent that has made an OmegaT project of a task, and what it says of it to the task's sender.

#include "tests/agent/project_world.h"

namespace yizhan::agent {

inline const std::string kTaskProject = "/home/li/OmegaT/P-1 J1";

struct TaskWorld : ProjectWorld {
  explicit TaskWorld(bool with_handler = false) {
    options.projects.clear();
    options.projects_dir = "/home/li/OmegaT";
    HandlerOptions handler;
    handler.name = "omegat";
    handler.when = {{"job.type", "translate"}};
    handler.run = {"/usr/bin/omegat", "{project}"};
    if (with_handler) options.handlers.push_back(handler);
    start();
    sync();
    deliver(1, message_from("user:wang.fang", task_text(id_text(3))));
    const std::vector<StartHandler> running = started;
    put(kTaskProject + "/source/a.txt", "Open.");
    put(kTaskProject + "/source/part/b.txt", "Close.");
    look();
    answer_pushes(wire::PushResult::One::STORED);
    clear();
    started = running;
  }
  void look() {
    step({FolderHint{"project:P-1 J1/source", ""}});
    pass(10s);
  }
  void source(const std::string& text) {
    put(kTaskProject + "/source/a.txt", text);
    look();
  }
  void stats(int left) {
    const std::string row = std::to_string(left) + "\t3\t9\t9\n";
    put(kTaskProject + "/omegat/project_stats.txt",
        "Total\t4\t10\t50\t60\nLeft\t" + row + "Unique\t4\t10\t50\t60\nUL\t" + row);
    step({FolderHint{"project:P-1 J1/omegat", "project_stats.txt"}});
  }
  void translate(const std::string& text) {
    put(kTaskProject + "/target/a.txt", text);
    put(kTaskProject + "/P-1 J1-omegat.tmx", "<tmx/>" + text);
    step({FolderHint{"project:P-1 J1", ""}});
    pass(5s);
  }
  /// Of the statuses about the task: "source_changed a.txt".
  std::string said() const {
    std::string all;
    for (const wire::Message& one : pushed()) {
      if (one.kind() != wire::STATUS || one.in_reply_to() != id_text(3)) continue;
      CHECK(one.recipient() == "user:wang.fang");
      wire::Body body;
      REQUIRE(body.ParseFromString(one.body()));
      const std::string state = *wire::find_entry(body, "status", "state");
      if (state == "in_progress") continue;
      all += state;
      for (const char* key : {"file", "old_sha256", "new_sha256", "files"}) {
        const std::string* value = wire::find_entry(body, "status", key);
        if (value != nullptr) all += " " + *value;
      }
      all += "\n";
    }
    return all;
  }
  static std::string change(const std::string& from, const std::string& to) {
    return "source_changed a.txt " + to_hex(sha256_of(from)) + " " + to_hex(sha256_of(to)) + "\n";
  }
};

}  // namespace yizhan::agent
