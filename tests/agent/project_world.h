#pragma once
// An agent that follows one OmegaT project, and a server that has history for it.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/agent/core_world.h"
#include "wire/codec.h"
#include "wire/history.h"

namespace yizhan::agent {

inline const std::string kSlice = "HL-GEAR/PRJ-1/en-US/zh-CN";
inline const std::string kProject = "/home/li/gear";

inline wire::Record unit_of(const std::string& source, const std::string& target, std::uint64_t seq,
                            const std::string& target_lang = "zh-CN") {
  wire::Record unit = wire::make_record(wire::UNIT);
  wire::set_value(&unit, wire::unit::kSourceLang, "en-US");
  wire::set_value(&unit, wire::unit::kTargetLang, target_lang);
  wire::set_value(&unit, wire::unit::kSource, source);
  wire::set_value(&unit, wire::unit::kTarget, target);
  wire::set_value(&unit, wire::unit::kChanger, "wang.fang");
  wire::set_value(&unit, wire::unit::kChanged, "2024-03-05T10:15:00Z");
  wire::set_value(&unit, wire::unit::kStatus, "translated");
  wire::set_record_id(&unit, kSlice);
  unit.set_rev(1);
  unit.set_seq(seq);
  return unit;
}

inline std::vector<wire::Record> entry_of(const std::string& source, const std::string& target,
                                          const std::string& status, std::uint64_t seq) {
  std::vector<wire::Record> records(3);
  records[0] = wire::make_record(wire::CONCEPT);
  wire::set_value(&records[0], wire::concept_entry::kTermbase, "HL");
  wire::set_value(&records[0], wire::concept_entry::kKey, source);
  wire::set_record_id(&records[0], kSlice);
  for (std::size_t i = 1; i < 3; ++i) {
    records[i] = wire::make_record(wire::TERM);
    wire::set_value(&records[i], wire::term::kConcept, wire::record_id_hex(records[0].id()));
    wire::set_value(&records[i], wire::term::kLang, i == 1 ? "en-US" : "zh-CN");
    wire::set_value(&records[i], wire::term::kText, i == 1 ? source : target);
    wire::set_value(&records[i], wire::term::kStatus, i == 1 ? "preferred" : status);
    wire::set_record_id(&records[i], kSlice);
  }
  for (wire::Record& one : records) {
    one.set_rev(1);
    one.set_seq(seq++);
  }
  return records;
}

inline std::string tu(const std::string& source, const std::string& target,
                      const std::string& note = "",
                      const std::string& changed = "20240401T080000Z") {
  std::string text = "<tu>";
  if (!note.empty()) text += "<note>" + note + "</note>";
  text += "<tuv lang=\"en-US\"><seg>" + source + "</seg></tuv>";
  if (!target.empty()) {
    text += "<tuv lang=\"zh-CN\" changeid=\"zhang\" changedate=\"" + changed + "\"><seg>" + target +
            "</seg></tuv>";
  }
  return text + "</tu>\n";
}

/// A task of the project that ProjectWorld follows.
inline wire::Message gear_task(int number) {
  std::string text = task_text(id_text(number));
  const std::string_view other = "id = P-1\n";
  text.replace(text.find(other), other.size(), "id = PRJ-1\nclient = HL-GEAR\n");
  return message_from("user:wang.fang", text);
}

class ProjectWorld : public AgentWorld {
 public:
  ProjectWorld() {
    ProjectOptions project;
    project.name = "gear";
    project.path = kProject;
    project.slice = kSlice;
    project.create = true;
    options.projects.push_back(project);
  }
  /// What the server has, from now on.
  void page(const std::vector<wire::Record>& records) {
    wire::FromBroker changed;
    head_ += records.size();
    changed.mutable_sync_changed()->set_slice(kSlice);
    changed.mutable_sync_changed()->set_head(head_);
    frame(changed);
    wire::FromBroker bytes;
    wire::SyncPage& page = *bytes.mutable_sync_page();
    page.set_slice(kSlice);
    page.set_after(cursor_);
    page.set_to(head_);
    page.set_head(head_);
    page.set_last(true);
    for (const wire::Record& one : records) *page.add_records() = one;
    cursor_ = head_;
    frame(bytes);
  }
  void sync() {
    wire::FromBroker welcome;
    welcome.mutable_welcome()->set_version(1);
    welcome.mutable_welcome()->set_broker_id("broker-1");
    welcome.mutable_welcome()->set_wall_us(to_micros(now.wall));
    welcome.mutable_welcome()->set_history(true);
    step({LinkUp{}});
    frame(welcome);
    wire::FromBroker state;
    state.mutable_sync_state()->set_epoch(std::string(16, 'e'));
    auto* slice = state.mutable_sync_state()->add_slices();
    slice->set_name(kSlice);
    slice->set_access(wire::SyncState::WRITE);
    frame(state);
  }
  /// The server has taken everything that was pushed since clear().
  void answer_changes() {
    wire::FromBroker bytes;
    for (const wire::FromAgent& one : sent) {
      if (!one.has_sync_push()) continue;
      wire::SyncResult& result = *bytes.mutable_sync_result();
      result.Clear();
      result.set_id(one.sync_push().id());
      for (const wire::Change& change : one.sync_push().changes()) {
        wire::SyncResult::One& judged = *result.add_results();
        judged.set_outcome(wire::APPLIED);
        judged.set_rev(change.base_rev() + 1);
        judged.set_seq(++judged_);
      }
      frame(bytes);
    }
    clear();
  }
  void save(const std::string& units) {
    put(kProject + "/omegat/project_save.tmx",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE tmx SYSTEM \"tmx11.dtd\">\n"
        "<tmx version=\"1.1\">\n<header creationtool=\"OmegaT\" o-tmf=\"OmegaT TMX\" "
        "adminlang=\"EN-US\" datatype=\"plaintext\" creationtoolversion=\"3.6.0_10\" "
        "segtype=\"sentence\" srclang=\"en-US\"/>\n<body>\n" +
            units + "</body></tmx>\n");
    step({FolderHint{"project:gear/omegat", "project_save.tmx"}});
  }
  /// Changes of records that were pushed since clear(): "unit Open.=打开。 term …".
  std::string changes() const {
    std::string all;
    for (const wire::FromAgent& frame : sent) {
      for (const wire::Change& change : frame.sync_push().changes()) {
        const wire::Record& record = change.record();
        all += std::string(wire::record_kind_name(record.kind())) + " ";
        if (record.kind() == wire::UNIT) {
          all += wire::value(record, wire::unit::kSource) +
                 (record.deleted() ? "-" : "=" + wire::value(record, wire::unit::kTarget));
        } else if (record.kind() == wire::TERM) {
          all += wire::value(record, wire::term::kText) + ":" +
                 wire::value(record, wire::term::kStatus);
        } else {
          all += wire::value(record, wire::concept_entry::kKey);
        }
        all += " base " + std::to_string(change.base_rev()) + "\n";
      }
    }
    return all;
  }
  /// A message of the broker, in reply to `about`.
  static wire::Message order(int number, const std::string& operation, int about,
                             const std::string& sender = "role:broker") {
    wire::Message order;
    order.set_id(std::string(id(number).view()));
    order.set_kind(wire::COMMAND);
    order.set_sender(sender);
    order.set_recipient("user:zhang.min");
    order.set_in_reply_to(id_text(about));
    order.set_ack(wire::ACK_NONE);
    order.set_created("2026-03-04T09:00:00Z");
    wire::Body body;
    body.add_sections()->set_name("command");
    body.mutable_sections(0)->add_entries()->set_key("command.1");
    body.mutable_sections(0)->mutable_entries(0)->set_value(operation);
    order.set_body(body.SerializeAsString());
    return order;
  }
  /// What was answered since clear(): "failed no followed project for it\n".
  std::string answers() const {
    std::string all;
    for (const wire::Message& one : pushed()) {
      if (one.recipient() != "role:broker") continue;
      wire::Body body;
      REQUIRE(body.ParseFromString(one.body()));
      all += *wire::find_entry(body, "status", "state");
      if (const std::string* reason = wire::find_entry(body, "status", "reason")) {
        all += " " + *reason;
      }
      all += "\n";
    }
    return all;
  }
  std::string hot() { return text(kProject + "/tm/yizhan/hot.tmx"); }

 private:
  std::uint64_t head_ = 0;
  std::uint64_t cursor_ = 0;
  std::uint64_t judged_ = 100;
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace yizhan::agent
