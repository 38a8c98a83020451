// What people say about a project, as records of its history.

#include <optional>
#include <utility>

#include "broker/collaboration.h"
#include "broker/own_message.h"
#include "wire/codec.h"
#include "wire/history.h"
#include "wire/roles.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {
namespace {

constexpr std::size_t kMaxOptions = 100;
constexpr std::size_t kMaxOperationText = 8192;

/// A name as one part of a slice's path.
std::string path_part(std::string name) {
  for (char& c : name) {
    if (c == '/' || c == '*' || static_cast<unsigned char>(c) < 0x20) c = '_';
  }
  return name.empty() || name == "." || name == ".." ? "-" : name;
}

}  // namespace

Author author_of(const store::Client& client) {
  return {client.id, 0, client.user, client.code, wire::rank_of(client.roles)};
}

std::string project_path(const wire::Body& body) {
  const std::string project = entry_of(body, "project", "id");
  if (project.empty()) return {};
  return path_part(entry_of(body, "project", "client")) + "/" + path_part(project);
}

/// The slice that the thread of `message` lies in; empty if it is of no project that the sender
/// belongs to.
Result<std::string> Collaboration::threads_of(const store::Client& sender,
                                              const wire::Message& message,
                                              const wire::Body& body) {
  std::string path = project_path(body);
  if (path.empty() && !message.in_reply_to().empty()) {
    if (const auto parent = parse_uuid(message.in_reply_to())) {
      for (const wire::RecordKind kind : {wire::ITEM, wire::OPERATION}) {
        TRY_ASSIGN(const auto item, history_.records().find(kind, parent->view()));
        if (!item) continue;
        const store::Slice* slice = history_.slices().find(item->slice);
        if (slice != nullptr) return slice->name;
      }
    }
  }
  if (path.empty()) return std::string();
  path += "/threads";
  if (!wire::check_slice(path).ok() ||
      history_.slices().access(sender, path) != store::Access::kWrite) {
    return std::string();
  }
  return path;
}

Status Collaboration::on_message(Step& step, const store::Client& sender,
                                 const wire::Message& message, const std::string& bytes) {
  const bool item = message.kind() == wire::QUESTION || message.kind() == wire::CHALLENGE ||
                    message.kind() == wire::REPLY || message.kind() == wire::GUIDANCE;
  const bool operation = message.kind() == wire::COMMAND ||
                         (message.kind() == wire::STATUS && !message.in_reply_to().empty());
  if (!item && !operation) return {};
  wire::Body body;
  if (!body.ParseFromString(bytes)) return {};
  if (operation) return keep_operation(step, sender, message, body);
  TRY(keep_item(step, sender, message, body));
  if (message.kind() == wire::REPLY) return resolve(step, sender, message, body);
  if (message.kind() == wire::CHALLENGE) return dispute(step, sender, body);
  return {};
}

Status Collaboration::keep_item(Step& step, const store::Client& sender,
                                const wire::Message& message, const wire::Body& body) {
  TRY_ASSIGN(const std::string slice, threads_of(sender, message, body));
  if (slice.empty()) return {};
  const char* section = wire::kind_name(message.kind());
  namespace item = wire::item;
  wire::Change change;
  wire::Record& record = *change.mutable_record();
  record = wire::make_record(wire::ITEM);
  record.set_id(message.id());
  const auto set = [&](int field, std::string text) {
    wire::set_value(&record, field, std::move(text));
  };
  std::string thread = message.thread();
  const auto parent = parse_uuid(message.in_reply_to());
  if (thread.empty() && parent) {
    TRY_ASSIGN(const auto item_before, history_.records().find(wire::ITEM, parent->view()));
    if (item_before) thread = wire::value(item_before->record, item::kThread);
  }
  set(item::kThread, thread.empty() ? format_uuid(wire::id_of(message)) : thread);
  set(item::kItemKind, section);
  set(item::kInReplyTo, message.in_reply_to());
  set(item::kSender, message.sender());
  set(item::kRecipient, message.recipient());
  set(item::kCreated, message.created());
  set(item::kCategory, entry_of(body, section, message.kind() == wire::CHALLENGE ? "subject"
                                               : message.kind() == wire::GUIDANCE ? "topic"
                                                                                  : "category"));
  set(item::kText, entry_of(body, section, message.kind() == wire::CHALLENGE ? "reason" : "text"));
  std::string options;
  for (std::size_t i = 1; i < kMaxOptions; ++i) {
    const std::string key = "option." + std::to_string(i);
    const std::string option = entry_of(body, section, key.c_str());
    if (option.empty()) break;
    options += (options.empty() ? "" : "\n") + option;
  }
  set(item::kOptions, std::move(options));
  set(item::kDecision, entry_of(body, section, "decision"));
  set(item::kOption, entry_of(body, section, "option"));
  set(item::kFinal, entry_of(body, section, "final"));
  set(item::kAbout, entry_of(body, section, "ref"));
  set(item::kProject, entry_of(body, "project", "id"));
  set(item::kFile, entry_of(body, section, "file"));
  set(item::kSegment, entry_of(body, section, "segment"));
  set(item::kSource, entry_of(body, section, "source"));
  set(item::kTarget, entry_of(body, section, "target"));
  Author author = author_of(sender);
  author.client = 0;  // the broker writes items
  TRY_ASSIGN([[maybe_unused]] const wire::Outcome outcome,
             history_.write(step, slice, std::move(change), author));
  return {};
}

Status Collaboration::keep_operation(Step& step, const store::Client& sender,
                                     const wire::Message& message, const wire::Body& body) {
  TRY_ASSIGN(const std::string slice, threads_of(sender, message, body));
  if (slice.empty()) return {};
  const bool result = message.kind() == wire::STATUS;
  if (result) {  // of a task: its state is in the relay's own tables
    const auto parent = parse_uuid(message.in_reply_to());
    TRY_ASSIGN(const auto command, history_.records().find(wire::OPERATION, parent->view()));
    if (!command) return {};
  }
  namespace operation = wire::operation;
  wire::Change change;
  wire::Record& record = *change.mutable_record();
  record = wire::make_record(wire::OPERATION);
  record.set_id(message.id());
  const auto set = [&](int field, std::string text) {
    wire::set_value(&record, field, std::move(text));
  };
  set(operation::kMessage, result ? message.in_reply_to() : format_uuid(wire::id_of(message)));
  set(operation::kOperationKind, result ? "result" : "command");
  set(operation::kSender, message.sender());
  set(operation::kRecipient, message.recipient());
  set(operation::kAt, message.created());
  std::string text;
  for (const wire::Section& section : body.sections()) {
    if (section.name() != (result ? "status" : "command")) continue;
    for (const wire::Entry& entry : section.entries()) {
      text += (text.empty() ? "" : "\n") + entry.key() + " = " + entry.value();
    }
  }
  set(operation::kText, text.substr(0, kMaxOperationText));
  set(operation::kState, result ? entry_of(body, "status", "state") : "issued");
  set(operation::kProject, entry_of(body, "project", "id"));
  Author author = author_of(sender);
  author.client = 0;
  TRY_ASSIGN([[maybe_unused]] const wire::Outcome outcome,
             history_.write(step, slice, std::move(change), author));
  return {};
}

}  // namespace yizhan::broker
