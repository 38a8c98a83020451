// Who sees which project by a task: real cores on both sides.

#include <catch2/catch.hpp>

#include "tests/history/lab.h"

using namespace yizhan;
using history_lab::Json;
using history_lab::Lab;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kShareRow =
    "[activation share]\nwhen.state = accepted\nwhen.kind = task\nwhen.sender.role = pm\n"
    "do.1 = share_project recipient=user:${activation.user}\n";

struct Office {
  Office()
      : lab({{"zhou", {"pm"}, {}}, {"li.wei", {"translator"}, {}}, {"wu", {"translator"}, {}}}, 1,
            kShareRow) {
    lab.operate("slices.allow", {{"path", "C"}, {"who", "role:pm"}, {"access", "write"}});
    lab.unit(0, "Open.", "打开。");
    const Json secret = {{"src_lang", "en-US"}, {"tgt_lang", "zh-CN"}, {"source", "Secret."},
                         {"target", "秘密。"}};
    lab.ask(0, "records.set",
            {{"kind", "unit"}, {"slice", "C/Q/en-US/zh-CN"}, {"fields", secret}});
    lab.settle();
  }
  void task(std::size_t from, const std::string& project, const std::string& client = "C",
            const std::string& to = "user:li.wei") {
    const std::string id = lab.send(
        from, "kind = task\nrecipient = " + to + "\n[project]\nid = " + project +
                  (client.empty() ? "" : "\nclient = " + client) +
                  "\n[job]\nid = J\ntype = translate\nsource_lang = en-US\ntarget_lang = zh-CN\n"
                  "due = 2026-03-06T18:00:00+08:00\n");
    lab.settle();
    lab.ask(to == "user:wu" ? 2 : 1, "report", {{"id", id}, {"event", "accepted"}});
    lab.settle();
  }
  std::size_t found(std::size_t who, const std::string& text) {
    return lab.ask(who, "records.search", {{"kind", "unit"}, {"text", text}})["records"].size();
  }
  std::string rights() { return lab.operate("slices.list")["rights"].dump(); }
  Lab lab;
};

}  // namespace

TEST_CASE("who accepts a manager's task may work in its project, and in no other") {
  Office office;
  CHECK(office.found(1, "打开") == 0);
  office.task(0, "P");
  CHECK(office.found(1, "打开") == 1);
  CHECK(office.found(1, "秘密") == 0);  // the same client's other project
  CHECK(office.found(2, "打开") == 0);  // he has got no task
  office.lab.unit(1, "Close.", "关闭。");
  office.lab.settle();
  CHECK(office.found(0, "关闭") == 1);
  const Json audit = office.lab.operate("audit.list", {{"limit", 50}})["audit"];
  CHECK(has(audit.dump(), "rule.share_project"));
  CHECK(has(audit.dump(), "write C/P user:li.wei"));
  const std::string before = office.rights();
  office.task(0, "P");
  CHECK(office.rights() == before);
}

TEST_CASE("a task gives no right that its giver does not have, nor to whom it was not given") {
  Office office;
  const std::string before = office.rights();
  office.task(0, "P", "D");        // another client's project of the same name
  office.task(0, "P", "");         // nobody's
  office.task(2, "P");             // a translator's
  office.lab.operate("slices.allow", {{"path", "C"}, {"who", "user:wu"}, {"access", "read"}});
  office.lab.operate("clients.set", {{"client", "wu"}, {"add_roles", {"pm"}}});
  office.lab.operate("slices.allow", {{"path", "C"}, {"who", "role:pm"}, {"access", "none"}});
  office.task(2, "P");             // a manager who may only read it
  office.lab.operate("slices.allow", {{"path", "C"}, {"who", "user:wu"}, {"access", "none"}});
  office.lab.operate("slices.allow", {{"path", "C"}, {"who", "role:pm"}, {"access", "write"}});
  CHECK(office.rights() == before);
  CHECK(office.found(1, "打开") == 0);
}
