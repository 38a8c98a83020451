// Threads: of projects, of people among themselves, and answers that come before their question.

#include <catch2/catch.hpp>
#include <set>

#include "broker/collaboration.h"
#include "tests/history/lab.h"

using namespace yizhan;
using namespace std::chrono_literals;
using history_lab::Json;
using history_lab::Lab;
using history_lab::Person;

namespace {

std::vector<std::string> texts(Lab& lab, std::size_t agent, const std::string& slice = "") {
  const Json items =
      lab.ask(agent, "records.list", {{"kind", "item"}, {"slice", slice}})["records"];
  std::vector<std::string> all;
  for (const Json& one : items) all.push_back(one["fields"]["item_text"].get<std::string>());
  return all;
}

std::set<std::string> threads(Lab& lab, std::size_t agent) {
  const Json items = lab.ask(agent, "records.list", {{"kind", "item"}})["records"];
  std::set<std::string> all;
  for (const Json& one : items) all.insert(one["fields"]["thread"].get<std::string>());
  return all;
}

std::size_t found(Lab& lab, std::size_t agent, const std::string& text) {
  return lab.ask(agent, "records.search", {{"kind", "item"}, {"text", text}})["records"].size();
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a thread of no project is its participants' alone, on all their machines") {
  Lab lab({{"li.wei", {"translator"}}, {"wang", {"pm"}}, {"spy", {"pm", "translator"}},
           {"wang", {"pm"}}});
  const std::string question = lab.send(
      0, "kind = question\nrecipient = user:wang\n[question]\ncategory = context\n"
         "text = 工资什么时候发？\n");
  lab.settle();
  lab.send(1, "kind = reply\nrecipient = user:li.wei\nin_reply_to = " + question +
                  "\n[reply]\ndecision = answered\ntext = 月底\n");
  lab.settle();
  for (const std::size_t agent : {0, 1, 3}) {
    CHECK(texts(lab, agent) == Texts{"工资什么时候发？", "月底"});
    CHECK(threads(lab, agent) == std::set<std::string>{question});
    CHECK(found(lab, agent, "月底") == 1);
  }
  CHECK(texts(lab, 2).empty());
  CHECK(lab.contents(2).empty());
  // Neither a right, nor a group of that name, nor a project with it opens the slice to others.
  const Json refused = lab.operate(
      "slices.allow", {{"path", "user:wang"}, {"who", "user:spy"}, {"access", "read"}});
  CHECK(refused.contains("error"));
  lab.operate("clients.set", {{"client", "spy"}, {"add_groups", Json::array({"threads"})}});
  lab.send(2, "kind = question\nrecipient = user:spy\n[project]\nid = threads\n"
              "client = user:wang\n[question]\ncategory = context\ntext = mine\n");
  lab.settle();
  CHECK(texts(lab, 2) == Texts{"mine"});
  CHECK(found(lab, 2, "月底") == 0);
  CHECK(texts(lab, 1).size() == 2);
  // A restart of the server and a lost database change nothing about it.
  lab.all_online(false);
  lab.settle();
  lab.crash_broker();
  lab.put_back_agent(0, "");
  lab.all_online(true);
  lab.settle();
  CHECK(texts(lab, 0).size() == 2);
  CHECK(texts(lab, 2) == Texts{"mine"});
}

TEST_CASE("who was asked from outside a project has the thread as well, but not the project's") {
  Lab lab({{"li.wei", {"translator"}},
           {"chen.jie", {"translator"}},
           {"client", {"client_contact"}, {}}});
  const std::string question = lab.send(
      0, "kind = question\nrecipient = user:client\n[project]\nid = P\nclient = C\n"
         "[question]\ncategory = context\ntext = 图 12？\n");
  lab.send(0, "kind = question\nrecipient = user:chen.jie\n[project]\nid = P\nclient = C\n"
              "[question]\ncategory = context\ntext = 内部\n");
  lab.settle();
  lab.send(2, "kind = reply\nrecipient = user:li.wei\nin_reply_to = " + question +
                  "\n[reply]\ndecision = answered\ntext = 通气塞\n");
  lab.settle();
  CHECK(texts(lab, 1) == Texts{"图 12？", "内部", "通气塞"});
  CHECK(texts(lab, 0).size() == 3);
  CHECK(texts(lab, 2) == Texts{"图 12？", "通气塞"});
  CHECK(threads(lab, 2) == std::set<std::string>{question});
}

TEST_CASE("case 12: an answer that comes before its question is held, and stands behind it then") {
  Lab lab({{"li.wei", {"translator"}}, {"wang", {"pm"}}, {"chen.jie", {"translator"}}});
  const bool in_project = GENERATE(true, false);
  const std::string project = in_project ? "[project]\nid = P\nclient = C\n" : "";
  lab.online(0, false);
  const std::string question =
      lab.send(0, "kind = question\nrecipient = user:wang\n" + project +
                      "[question]\ncategory = context\ntext = 图 12？\n");
  // The file went to wang by another way; he answers first, and goes on to answer himself.
  const std::string answer =
      lab.send(1, "kind = reply\nrecipient = user:li.wei\nin_reply_to = " + question +
                      "\n[reply]\ndecision = answered\ntext = 通气塞\n");
  lab.send(1, "kind = reply\nrecipient = user:li.wei\nin_reply_to = " + answer +
                  "\n[reply]\ndecision = answered\ntext = 或呼吸器\n");
  lab.settle();
  CHECK(texts(lab, 1).empty());
  CHECK(lab.operate("slices.list")["held_answers"] == 2);
  lab.crash_broker();
  lab.settle();
  SECTION("the question comes") {
    lab.all_online(false);
    lab.all_online(true);
    lab.settle();
    const Texts all = {"图 12？", "通气塞", "或呼吸器"};
    for (const std::size_t agent : {0, 1}) {
      const Texts have = texts(lab, agent);
      CHECK(std::multiset<std::string>(have.begin(), have.end()) ==
            std::multiset<std::string>(all.begin(), all.end()));
    }
    CHECK(texts(lab, 2).size() == (in_project ? 3 : 0));
    CHECK(lab.operate("slices.list")["held_answers"] == 0);
  }
  SECTION("it never comes: after a month the answer is shown as it is") {
    lab.advance(broker::kHeldAnswers + 11min);
    lab.settle();
    lab.advance(11min);
    lab.settle();
    CHECK(lab.operate("slices.list")["held_answers"] == 0);
    const Texts have = texts(lab, 1);
    CHECK(std::set<std::string>(have.begin(), have.end()) ==
          std::set<std::string>{"通气塞", "或呼吸器"});
  }
}

TEST_CASE("items are shown in the order in which they were written, whatever way they came") {
  Lab lab({{"li.wei", {"translator"}}, {"wang", {"pm"}}});
  const std::string rest = "recipient = user:wang\n[project]\nid = P\nclient = C\n"
                           "[question]\ncategory = context\ntext = ";
  lab.online(0, false);
  lab.send(0, "kind = question\n" + rest + "早\n", "2026-03-02T15:10:00+08:00");
  lab.settle();
  lab.send(1, "kind = question\n" + rest + "晚\n", "2026-03-02T07:30:00Z");
  lab.settle();
  lab.online(0, true);
  lab.settle();
  for (const std::size_t agent : {0, 1}) CHECK(texts(lab, agent) == Texts{"早", "晚"});
}
