// What people drop, where, and in which order the bytes come.

#include <algorithm>
#include <chrono>
#include <utility>

#include "tests/sim/scenario.h"
#include "tests/sim/task_text.h"

namespace yizhan::sim {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const std::vector<std::string> kKinds = {"task",     "task",     "task",    "question",
                                         "question", "question", "command", "challenge",
                                         "reply",    "guidance", "data"};

}  // namespace

void Load::plan(int drops, Micros until) {
  for (int i = 0; i < drops; ++i) {
    timeline_.at(chance_.between(timeline_.now(), until), [this] { drop_something(); });
  }
}

void Load::drop_something() {
  const std::uint64_t what = chance_.below(100);
  if (what < 66) return lay(new_message());
  if (what < 75) return lay_again();
  if (what < 79) return lay_conflict();
  if (what < 84) return lay_foreign();
  if (what < 88) return lay_forged();
  if (what < 93) return lay_bad();
  lay_delivered();
}

std::string Load::recipients() {
  std::string list;
  const int count = chance_.percent(75) ? 1 : chance_.number(2, 3);
  for (int i = 0; i < count; ++i) {
    if (!list.empty()) list += ", ";
    const Person& person = chance_.pick(people_);
    switch (chance_.below(8)) {
      case 0:
        list += person.user;
        break;
      case 1:
        list += "code:" + person.code;
        break;
      case 2:
        list += "role:pm";
        break;
      case 3:
        list += "role:translator";
        break;
      case 4:
        list += chance_.percent(50) ? "group:PRJ-1" : "group:PRJ-2";
        break;
      case 5:
        list += chance_.percent(20) ? "user:nobody" : "user:" + person.user;
        break;
      default:
        list += "user:" + person.user;
        break;
    }
  }
  return list;
}

Drop Load::new_message() {
  Drop drop;
  drop.agent = chance_.index(people_.size());
  drop.place = static_cast<Place>(chance_.percent(55) ? 0 : chance_.number(1, 2));
  drop.id = chance_.id();
  drop.name = "file-" + std::to_string(++names_) + ".ini";
  drop.recipient = recipients();
  TaskText task;
  task.kind = chance_.pick(kKinds);
  task.id = drop.id;
  task.recipient = drop.recipient;
  task.end = chance_.percent(80);
  if (chance_.percent(20)) {
    const Person& me = people_[drop.agent];
    task.sender = chance_.percent(50) ? "user:" + me.user : "code:" + me.code;
  }
  if (task.kind == "question") {
    task.category = chance_.percent(60) ? "terminology" : "instruction";
    drop.terminology = task.category == "terminology";
  }
  if (task.kind == "command") drop.needs_role = true;
  if (task.kind == "reply") {
    const Drop* about = earlier();
    task.in_reply_to = format_uuid(about != nullptr ? about->id : chance_.id());
  }
  if (chance_.percent(10)) {
    drop.expires = true;
    drop.expected = Expected::kEither;
    task.expires =
        format_time(kBeginning + timeline_.now() + chance_.between(seconds(5), minutes(3)));
  }
  if (task.kind == "task" && chance_.percent(35)) {
    attach(drop);
    int number = 0;
    for (const auto& [name, bytes] : drop.attachments) {
      const std::string key = "file." + std::to_string(++number);
      task.files += key + " = " + name + "\n";
      if (chance_.percent(50)) task.files += key + ".size = " + std::to_string(bytes.size()) + "\n";
      if (chance_.percent(50)) task.files += key + ".sha256 = " + to_hex(sha256_of(bytes)) + "\n";
    }
  }
  drop.text = task_text(chance_, task, timeline_.now());
  return drop;
}

void Load::attach(Drop& drop) {
  const int count = chance_.number(1, 2);
  for (int i = 0; i < count; ++i) {
    std::size_t size = chance_.index(2000);
    if (chance_.percent(5)) size = 300'000 + chance_.index(400'000);  // several chunks
    drop.attachments["part-" + std::to_string(++names_) + ".docx"] = chance_.bytes(size);
  }
}

std::string Load::folder_of(const Drop& drop) const {
  return agents_[drop.agent]->options.watches[drop.place == Place::kManaged ? 0 : 1].path;
}

/// As a person's program does it, which then makes sure that it is on the disk.
void Load::write(std::size_t agent, const std::string& path, const std::string& bytes) {
  need(agents_[agent]->disk.write(path, bytes, true));
}

void Load::tell(std::size_t agent, const std::string& watch, const std::string& name) {
  if (chance_.percent(15)) return;  // lost: the rescan must find it
  timeline_.in(chance_.between(Micros{100}, milliseconds(50)), [this, agent, watch, name] {
    hint_(agent, watch, chance_.percent(10) ? "" : name);
  });
}

void Load::lay(Drop drop) {
  if (drop.place == Place::kSpool) {
    lay_in_spool(std::move(drop));
  } else {
    lay_in_folder(std::move(drop));
  }
}

void Load::lay_in_spool(Drop drop) {
  store::VirtualDisk& disk = agents_[drop.agent]->disk;
  drop.path = agents_[drop.agent]->options.state_dir + "/spool/" + format_uuid(chance_.id());
  need(disk.make_folder(drop.path, true));
  for (const auto& [name, bytes] : drop.attachments) {
    write(drop.agent, drop.path + "/" + name, bytes);
  }
  write(drop.agent, drop.path + "/" + drop.name, drop.text);
  write(drop.agent, drop.path + "/.from", "/somewhere/" + drop.name + "\n");
  tell(drop.agent, "spool", drop.path.substr(drop.path.rfind('/') + 1));
  enter(std::move(drop));
}

void Load::lay_in_folder(Drop drop) {
  const std::string folder = folder_of(drop);
  const std::string watch = drop.place == Place::kManaged ? kInboxWatch : kDownloadsWatch;
  const std::size_t agent = drop.agent;
  drop.path = folder + "/" + drop.name;

  const std::uint64_t manner = chance_.below(100);
  for (const auto& [name, bytes] : drop.attachments) {
    if (manner < 4) {
      if (drop.expected == Expected::kAccepted)
        drop.expected = Expected::kRejected;  // it never comes
      continue;
    }
    const Micros late = chance_.percent(50) ? Micros{0} : chance_.between(Micros{0}, seconds(4));
    const auto lay_one = [this, agent, watch, path = folder + "/" + name, name, bytes] {
      write(agent, path, bytes);
      tell(agent, watch, name);
    };
    if (late == Micros{0}) {
      lay_one();
    } else {
      timeline_.in(late, lay_one);
    }
  }
  const bool slow = manner >= 75 && drop.text.size() > 200;
  const std::string part = drop.path + ".part";
  if (slow && manner < 90) {
    // A copy that takes its time: the half is not taken, because it is completed in time.
    write(agent, drop.path, drop.text.substr(0, drop.text.size() / 2));
    tell(agent, watch, drop.name);
    timeline_.in(chance_.between(milliseconds(10), milliseconds(450)), [this, drop, watch] {
      const bool there = agents_[drop.agent]->disk.info(drop.path).ok();
      if (there) write(drop.agent, drop.path, drop.text);
      tell(drop.agent, watch, drop.name);
    });
  } else if (slow) {
    // A download under a temporary name.
    write(agent, part, drop.text.substr(0, drop.text.size() / 2));
    tell(agent, watch, drop.name + ".part");
    timeline_.in(chance_.between(milliseconds(10), seconds(5)), [this, drop, part, watch] {
      write(drop.agent, part, drop.text);
      need(agents_[drop.agent]->disk.rename(part, drop.path));
      need(agents_[drop.agent]->disk.sync(drop.path));
      tell(drop.agent, watch, drop.name);
      enter(drop);
    });
    return;
  } else {
    write(agent, drop.path, drop.text);
    tell(agent, watch, drop.name);
  }
  enter(std::move(drop));
}

const Drop* Load::earlier() {
  std::vector<const Drop*> good;
  for (const Drop& drop : drops_) {
    if (drop.expected == Expected::kAccepted) good.push_back(&drop);
  }
  return good.empty() ? nullptr : chance_.pick(good);
}

/// The same file again: under another name, in another place, sometimes on another machine.
void Load::lay_again() {
  const Drop* first = earlier();
  if (first == nullptr) return;
  Drop drop = *first;
  drop.name = "again-" + std::to_string(++names_) + ".ini";
  drop.place = static_cast<Place>(chance_.number(0, 2));
  const bool names_a_sender = drop.text.find("\nsender = ") != std::string::npos;
  if (chance_.percent(15) && !names_a_sender) drop.agent = chance_.index(people_.size());
  // Who has no copy of the attachments beside it depends on what was taken before.
  if (!drop.attachments.empty()) drop.expected = Expected::kEither;
  if (drop.agent != first->agent) {
    // Each may get the other's as a recipient before it has looked at its own.
    drop.expected = Expected::kEither;
    expect_either(drop.id);
  }
  drop.terminology = false;
  lay(std::move(drop));
}

/// Another message under an id that is taken, or that takes it first.
void Load::lay_conflict() {
  const Drop* first = earlier();
  if (first == nullptr) return;
  Drop drop = new_message();
  const std::string new_id = format_uuid(drop.id);
  drop.text.replace(drop.text.find(new_id), new_id.size(), format_uuid(first->id));
  drop.agent = first->agent;
  drop.id = first->id;
  drop.expected = Expected::kEither;
  drop.terminology = false;
  expect_either(drop.id);
  lay(std::move(drop));
}

/// From now on the drop is looked for. What was planned of it may be overtaken by now.
void Load::enter(Drop drop) {
  if (contested_.contains(drop.id) && drop.expected == Expected::kAccepted) {
    drop.expected = Expected::kEither;
    drop.terminology = false;
  }
  drops_.push_back(std::move(drop));
}

/// Several files compete for one id: which of them becomes the message is open.
void Load::expect_either(const MessageId& id) {
  contested_.insert(id);
  for (Drop& one : drops_) {
    if (one.id != id) continue;
    one.expected = Expected::kEither;
    one.terminology = false;
  }
}

void Load::lay_foreign() {
  Drop drop;
  drop.agent = chance_.index(people_.size());
  drop.place = static_cast<Place>(chance_.number(0, 1));
  drop.name = "foreign-" + std::to_string(++names_) + ".ini";
  drop.text = foreign_text(chance_);
  drop.expected = Expected::kUntouched;
  drop.path = folder_of(drop) + "/" + drop.name;
  write(drop.agent, drop.path, drop.text);
  tell(drop.agent, drop.place == Place::kManaged ? kInboxWatch : kDownloadsWatch, drop.name);
  enter(std::move(drop));
}

/// A file that claims to come from somebody else, and that the broker never brought.
void Load::lay_forged() {
  Drop drop = new_message();
  TaskText task;
  task.kind = "task";
  task.id = drop.id;
  task.sender = "user:mallory";
  task.recipient = "user:" + people_[drop.agent].user;
  drop.text = task_text(chance_, task, timeline_.now());
  drop.expected = Expected::kRejected;
  drop.terminology = drop.needs_role = drop.expires = false;
  drop.attachments.clear();
  lay(std::move(drop));
}

void Load::lay_bad() {
  Drop drop = new_message();
  TaskText task;
  task.kind = "task";
  task.id = drop.id;
  task.recipient = drop.recipient;
  drop.text = bad_task_text(chance_, task, timeline_.now());
  drop.expected = Expected::kRejected;
  drop.terminology = drop.needs_role = drop.expires = false;
  drop.attachments.clear();
  lay(std::move(drop));
}

/// A person opens a delivered message.
void Load::lay_delivered() {
  Drop drop;
  drop.agent = chance_.index(people_.size());
  AgentMachine& machine = *agents_[drop.agent];
  const std::string inbox = machine.options.state_dir + "/inbox";
  const auto folders = machine.disk.list(inbox);
  if (!folders.ok() || folders->empty()) return;
  const std::string folder = inbox + "/" + chance_.pick(*folders).name;
  for (const store::FileInfo& file : need(machine.disk.list(folder))) {
    if (!file.name.ends_with(".ini")) continue;
    drop.text = need(machine.disk.read(folder + "/" + file.name, 1'000'000));
  }
  if (drop.text.empty()) return;
  drop.place = Place::kManaged;
  drop.name = "opened-" + std::to_string(++names_) + ".ini";
  drop.expected = Expected::kEither;
  lay(std::move(drop));
}

}  // namespace yizhan::sim
