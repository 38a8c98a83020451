// What was answered before: real cores on both sides.

#include <catch2/catch.hpp>

#include "tests/history/lab.h"

using namespace yizhan;
using history_lab::Json;
using history_lab::Lab;

namespace {

constexpr const char* kAnswerRow =
    "[data-state before]\nwhen.kind = question\ndo.1 = answer_if_known\n";

struct Desk {
  // zhang answers, li and chen translate for client C, wu for another one.
  Desk()
      : lab({{"li.wei", {"translator"}, {"P"}},
             {"chen.jie", {"translator"}, {"Q"}},
             {"wu", {"translator"}, {"R"}},
             {"zhang", {"terminologist"}, {"P", "Q", "R"}}},
            1, kAnswerRow) {}

  std::string ask(std::size_t who, const std::string& project, const std::string& source,
                  const std::string& text = "哪个？", const std::string& more = "") {
    const std::string client = project == "R" ? "D" : "C";
    const std::string id = lab.send(
        who, "kind = question\nrecipient = user:zhang\n[project]\nid = " + project +
                 "\nclient = " + client + "\n[question]\ncategory = terminology\ntext = " + text +
                 "\nsource = " + source + "\n" + more);
    lab.settle();
    return id;
  }
  void answer(const std::string& question, const std::string& text,
              const std::string& more = "decision = answered\n") {
    lab.send(3, "kind = reply\nrecipient = user:li.wei\nin_reply_to = " + question +
                    "\n[reply]\ntext = " + text + "\n" + more);
    lab.settle();
  }
  /// What he was told at once of that question.
  std::string told(std::size_t who, const std::string& question) {
    std::string all;
    for (const std::string& reply : lab.inbox(who, "reply")) {
      if (reply.find("in_reply_to = " + question) == std::string::npos) continue;
      if (reply.find("sender = role:broker") != std::string::npos) all += reply;
    }
    return all;
  }
  Lab lab;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a question about a segment that was answered before is answered at once") {
  Desk desk;
  const std::string first = desk.ask(0, "P", "Remove the breather plug.", "哪个？",
                                     "option.1 = 通气塞\noption.2 = 呼吸器\n");
  CHECK(desk.told(0, first).empty());
  desk.answer(first, "以图 12 为准", "decision = answered\noption = 1\n");
  // Blanks and the form of a letter make no other question; nor do other words about the segment.
  const std::string again = desk.ask(0, "P", "  Remove   the breather plug.", "这里用哪个词？");
  const std::string told = desk.told(0, again);
  CHECK(has(told, "decision = duplicate_of"));
  CHECK(has(told, "duplicate_of = " + first));
  CHECK(has(told, "text = 通气塞: 以图 12 为准"));
  CHECK(has(told, "answered_by = user:zhang"));
  // It goes its way all the same.
  CHECK(desk.lab.inbox(3, "question").size() == 2);
  CHECK(desk.told(0, desk.ask(0, "P", "Remove the plug.")).empty());
}

TEST_CASE(
    "of several answers the one to the same words counts, then the final one, then the newest") {
  Desk desk;
  desk.answer(desk.ask(0, "P", "Open.", "门还是盖？"), "盖");
  desk.answer(desk.ask(0, "P", "Open.", "谁打开？"), "操作员", "decision = answered\nfinal = yes\n");
  CHECK(has(desk.told(0, desk.ask(0, "P", "Open.", "门还是盖？")), "text = 盖"));
  CHECK(has(desk.told(0, desk.ask(0, "P", "Open.", "何时？")), "text = 操作员"));
  // What was put off is no answer.
  desk.answer(desk.ask(0, "P", "Close.", "何时？"), "以后再说", "decision = deferred\n");
  CHECK(desk.told(0, desk.ask(0, "P", "Close.", "何时？")).empty());
}

TEST_CASE("a question without a segment is known by its words") {
  Desk desk;
  desk.answer(desk.ask(0, "P", "", "单位写不写？"), "写");
  CHECK(has(desk.told(0, desk.ask(0, "P", "", "单位写不写？ ")), "text = 写"));
  CHECK(desk.told(0, desk.ask(0, "P", "", "单位怎么写？")).empty());
}

TEST_CASE("answers of the client's other projects are for those who may read them") {
  Desk desk;
  desk.answer(desk.ask(0, "P", "Open."), "盖");
  CHECK(desk.told(1, desk.ask(1, "Q", "Open.")).empty());
  desk.lab.operate("slices.allow", {{"path", "C"}, {"who", "user:chen.jie"}, {"access", "read"}});
  CHECK(has(desk.told(1, desk.ask(1, "Q", "Open.")), "text = 盖"));
  // Another client's are never told, whatever right there is, and whatever project one names.
  desk.lab.operate("slices.allow", {{"path", "C"}, {"who", "user:wu"}, {"access", "read"}});
  CHECK(desk.told(2, desk.ask(2, "R", "Open.")).empty());
  desk.lab.operate("slices.allow", {{"path", "C"}, {"who", "user:wu"}, {"access", "none"}});
  CHECK(desk.told(2, desk.ask(2, "P", "Open.")).empty());
}
