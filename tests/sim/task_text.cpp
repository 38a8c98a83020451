#include "tests/sim/task_text.h"

#include <vector>

#include "tests/sim/machine.h"

namespace yizhan::sim {

namespace {

std::string body_of(Chance& chance, const TaskText& task, const std::string& created) {
  if (task.kind == "task") {
    return "[project]\nid = PRJ-1\nclient = 客户\n\n[job]\nid = JOB-" +
           std::to_string(chance.number(1, 9)) +
           "\ntype = translate\nsource_lang = en-US\ntarget_lang = zh-CN\ndue = " + created + "\n";
  }
  if (task.kind == "question") {
    return "[question]\n" +
           (task.category.empty() ? std::string() : "category = " + task.category + "\n") +
           "text = “breather plug” 是通气塞还是呼吸器？\n";
  }
  if (task.kind == "challenge") {
    return "[challenge]\nsubject = term\nref = TERM-7\nreason = 术语库里是另一个词\n";
  }
  if (task.kind == "reply") return "[reply]\ndecision = answered\ntext = 以“通气塞”为准\n";
  if (task.kind == "guidance") return "[guidance]\ntopic = 警告\ntext = 一律译为“警告”\n";
  if (task.kind == "command") return "[command]\ncommand.1 = sync_now\n";
  return "[terms]\nterm.1 = breather plug | 通气塞\n";
}

}  // namespace

std::string task_text(Chance& chance, const TaskText& task, Micros now) {
  static const std::vector<std::string> kAcks = {"none", "delivered", "opened", "accepted",
                                                 "replied"};
  static const std::vector<std::string> kPriorities = {"low", "normal", "high", "urgent"};
  const std::string created = format_time(kBeginning + now);
  std::string text = "[yizhan]\nversion = 1\nkind = " + task.kind +
                     "\nid = " + format_uuid(task.id) + "\ncreated = " + created +
                     "\nrecipient = " + task.recipient + "\n";
  if (!task.sender.empty()) text += "sender = " + task.sender + "\n";
  if (!task.expires.empty()) text += "expires = " + task.expires + "\n";
  if (!task.in_reply_to.empty()) text += "in_reply_to = " + task.in_reply_to + "\n";
  if (chance.percent(60)) text += "ack = " + chance.pick(kAcks) + "\n";
  if (chance.percent(30)) text += "priority = " + chance.pick(kPriorities) + "\n";
  text += "\n" + body_of(chance, task, created);
  if (!task.files.empty()) text += "\n[files]\n" + task.files;
  if (chance.percent(20)) text += "\n[x-other]\nnote = " + std::to_string(chance.next()) + "\n";
  if (task.end) text += "\n[end]\n";
  return text;
}

std::string bad_task_text(Chance& chance, const TaskText& task, Micros now) {
  std::string text = task_text(chance, task, now);
  const auto replace = [&text](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  switch (chance.below(6)) {
    case 0:
      replace("recipient = ", "x-recipient = ");
      break;
    case 1:
      replace("kind = ", "kind = no-such-");
      break;
    case 2:
      replace("created = ", "created = yesterday, ");
      break;
    case 3:
      replace("version = 1", "version = 1\nversion = 1");
      break;
    case 4:
      replace("[yizhan]\n", "[yizhan]\n[yizhan]\n");
      break;
    default:
      replace("id = ", "id = not-a-uuid-");
      break;
  }
  return text;
}

std::string foreign_text(Chance& chance) {
  switch (chance.below(4)) {
    case 0:
      return "[.ShellClassInfo]\r\nIconResource=C:\\x.ico,0\r\n";
    case 1:
      return "; php.ini\n[PHP]\nengine = On\n";
    case 2:
      return "not an INI at all\n[yizhan\n";
    default:
      return chance.bytes(200);
  }
}

}  // namespace yizhan::sim
