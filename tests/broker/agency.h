#pragma once
// A small agency on a Wednesday morning, with the shipped rows in force.

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "tests/broker/world.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

inline std::string shipped() {
  std::string all;
  for (const char* name : {"jobs.ini", "questions.ini", "templates.ini"}) {
    std::ifstream file(std::string(YIZHAN_SOURCE_DIR "/config/rules/") + name);
    REQUIRE(file);
    all.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return all;
}

/// Everybody by the name of his role, and a reviser.
struct Agency {
  Agency() : world(shipped()) {
    const char* roles[] = {"pm",       "translator", "terminologist", "client_contact",
                           "engineer", "lead_pm",    "arbiter"};
    unsigned char number = 1;
    for (const char* role : roles) {
      all.push_back(world.connected(role, number++));
      world.told("clients.set", {{"client", role}, {"add_roles", {role}}});
    }
    reviser = world.connected("reviser", number);
    all.push_back(reviser);
    for (const TestAgent& agent : all) world.heard(agent);
  }
  const TestAgent& of(const std::string& role) {
    for (const TestAgent& agent : all) {
      if (agent.user == role) return agent;
    }
    FAIL(role);
    return all.front();
  }
  wire::Message made(wire::Kind kind, const std::string& to,
                     const std::vector<std::array<std::string, 3>>& fields) {
    wire::Message message = World::message(to, ++last, kind);
    for (const auto& [section, key, value] : fields)
      World::set_field(&message, section, key, value);
    return message;
  }
  wire::Message send(const std::string& from, const wire::Message& message) {
    const auto answer = world.push(of(from), message);
    INFO(answer.reason());
    REQUIRE(answer.outcome() == wire::PushResult::One::STORED);
    return message;
  }
  void pass(Micros time) { world.pass(time, all); }
  /// The subjects (or events) of what `role` got, and takes it; without what only his agent sees.
  std::string got(const std::string& role) {
    std::string text;
    const auto deliveries = world.delivered(of(role));
    for (const auto& one : deliveries) {
      if (one.message().kind() == wire::COMMAND) continue;
      wire::Body body;
      REQUIRE(body.ParseFromString(one.message().body()));
      const std::string* subject = wire::find_entry(body, "receipt", "subject");
      const std::string* event = wire::find_entry(body, "receipt", "event");
      text += subject != nullptr ? *subject
              : event != nullptr ? *event
                                 : std::string(wire::kind_name(one.message().kind()));
      text += "\n";
    }
    if (!deliveries.empty()) world.answer(of(role), deliveries);
    return text;
  }
  /// `from` says `fields` in a status about `task`, to `to`; the task's state after it.
  std::string say(const std::string& from, const wire::Message& task, const std::string& to,
                  const std::vector<std::array<std::string, 3>>& fields) {
    wire::Message status = made(wire::STATUS, to, fields);
    status.set_in_reply_to(format_uuid(wire::id_of(task)));
    send(from, status);
    return state(task);
  }
  std::string due(Micros in) { return format_time(world.now().wall + in); }
  std::string state(const wire::Message& message) {
    return world.told("tasks.show", {{"id", format_uuid(wire::id_of(message))}})["state"];
  }

  World world;
  std::vector<TestAgent> all;
  TestAgent reviser;
  int last = 0;
};

}  // namespace yizhan::broker
