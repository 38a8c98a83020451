// What people say about a project, as records of its history.

#include <optional>
#include <utility>

#include "broker/collaboration.h"
#include "broker/own_message.h"
#include "wire/codec.h"
#include "wire/history.h"
#include "wire/project_path.h"
#include "wire/roles.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {
namespace {

constexpr std::size_t kMaxOptions = 100;
constexpr std::size_t kMaxOperationText = 8192;

/// The id of a user's own copy of an item.
MessageId personal_id(const MessageId& message, const std::string& user) {
  return derive_uuid(message, "item of " + user);
}

}  // namespace

Author author_of(const store::Client& client) {
  return {client.id, 0, client.user, client.code, wire::rank_of(client.roles)};
}

/// The slice that the thread of `message` lies in; empty if it is of no project that the sender
/// belongs to.
Result<std::string> Collaboration::threads_of(const store::Client& sender,
                                              const wire::Message& message,
                                              const wire::Body& body) {
  std::string path = wire::project_path(body);
  if (path.empty() && !message.in_reply_to().empty()) {
    if (const auto parent = parse_uuid(message.in_reply_to())) {
      for (const wire::RecordKind kind : {wire::ITEM, wire::OPERATION}) {
        TRY_ASSIGN(const auto item, history_.records().find(kind, parent->view()));
        if (!item) continue;
        const store::Slice* slice = history_.slices().find(item->slice);
        if (slice != nullptr) return slice->name;
      }
      // The broker's own questions are no items; what they are about is in them.
      TRY_ASSIGN(const auto row, store_.message_by_id(*parent));
      wire::Body asked;
      if (row && !row->damaged && asked.ParseFromString(row->body))
        path = wire::project_path(asked);
    }
  }
  if (path.empty() || is_personal(path)) return std::string();
  path += "/threads";
  if (!wire::check_slice(path).ok() ||
      history_.slices().access(sender, path) != store::Access::kWrite) {
    return std::string();
  }
  return path;
}

/// Whether it answers what has never reached this broker: a file went from hand to hand, and its
/// answer was faster. Only then is it held; who asks without a project is answered without one.
Result<bool> Collaboration::is_early(const wire::Message& message) {
  const auto parent = parse_uuid(message.in_reply_to());
  if (!parent) return false;
  TRY_ASSIGN(const auto known, store_.find_message(*parent));
  if (!known) return true;
  return history_.store().is_held(parent->view());
}

Status Collaboration::on_message(Step& step, const store::Client& sender,
                                 const wire::Message& message, const std::string& bytes) {
  const bool item = message.kind() == wire::QUESTION || message.kind() == wire::CHALLENGE ||
                    message.kind() == wire::REPLY || message.kind() == wire::GUIDANCE;
  const bool operation = message.kind() == wire::COMMAND ||
                         (message.kind() == wire::STATUS && !message.in_reply_to().empty());
  wire::Body body;
  if ((!item && !operation) || !body.ParseFromString(bytes)) {
    return release_for(step, message.id());
  }
  if (operation) {
    TRY(keep_operation(step, sender, message, body));
    return release_for(step, message.id());
  }
  TRY_ASSIGN(const bool early, is_early(message));
  if (early) {
    wire::Message envelope = message;
    envelope.clear_body();
    TRY(history_.store().hold({message.id(), sender.id, envelope.SerializeAsString(), bytes},
                              parse_uuid(message.in_reply_to())->view(), step.wall_us()));
  } else {
    TRY(keep_item(step, sender, message, body));
  }
  if (message.kind() == wire::REPLY) TRY(resolve(step, sender, message, body));
  if (message.kind() == wire::CHALLENGE) TRY(dispute(step, sender, body));
  return early ? Status() : release_for(step, message.id());
}

/// What waited for this message, and what waited for that.
Status Collaboration::release_for(Step& step, const std::string& question) {
  TRY_ASSIGN(const auto held, history_.store().held_for(question));
  for (const store::HeldAnswer& answer : held) TRY(release(step, answer));
  return {};
}

Status Collaboration::release(Step& step, const store::HeldAnswer& answer) {
  TRY(history_.store().release(answer.id));
  TRY_ASSIGN(const store::Client* found, directory_.client(answer.client));
  const store::Client sender = *found;
  wire::Message message;
  wire::Body body;
  if (!message.ParseFromString(answer.envelope) || !body.ParseFromString(answer.body)) return {};
  TRY(keep_item(step, sender, message, body));
  return release_for(step, answer.id);
}

Result<bool> Collaboration::release_old(Step& step) {
  TRY_ASSIGN(const auto held, history_.store().held_before(step.wall_us() - kHeldAnswers.count(),
                                                           kReleasedAtOnce));
  for (const store::HeldAnswer& answer : held) TRY(release(step, answer));
  return held.size() == static_cast<std::size_t>(kReleasedAtOnce);
}

/// An earlier item, by its message: of a project, or the sender's own copy.
Result<std::optional<store::StoredRecord>> Collaboration::item_before(const store::Client& sender,
                                                                      const std::string& id) {
  const auto message = parse_uuid(id);
  if (!message) return std::optional<store::StoredRecord>();
  TRY_ASSIGN(auto found, history_.records().find(wire::ITEM, message->view()));
  if (found) return found;
  return history_.records().find(wire::ITEM, personal_id(*message, sender.user).view());
}

Status Collaboration::keep_item(Step& step, const store::Client& sender,
                                const wire::Message& message, const wire::Body& body) {
  TRY_ASSIGN(const wire::Record record, item_of(sender, message, body));
  TRY_ASSIGN(const std::string slice, threads_of(sender, message, body));
  if (!slice.empty()) TRY(write_item(step, sender, slice, record));
  return keep_for_participants(step, sender, message, slice, record);
}

/// A record lies in one slice, so each of them has a copy, which nobody else can read.
Status Collaboration::keep_for_participants(Step& step, const store::Client& sender,
                                            const wire::Message& message,
                                            const std::string& slice,
                                            const wire::Record& record) {
  std::set<std::string> users;
  const auto add = [&](const store::Client& client) {
    const bool reads = !slice.empty() &&
                       history_.slices().access(client, slice) != store::Access::kNone;
    if (!reads && !client.user.empty()) users.insert(client.user);
  };
  add(sender);
  TRY_ASSIGN(const Directory::Resolved* resolved,
             directory_.resolve(message.recipient(), sender.id));
  const std::vector<store::ClientId> clients = resolved->clients;
  for (const store::ClientId id : clients) {
    TRY_ASSIGN(const store::Client* client, directory_.client(id));
    add(*client);
  }
  for (const std::string& user : users) {
    const std::string path = personal_slice(user) + "/threads";
    if (!wire::check_slice(path).ok()) continue;  // a name of 200 bytes
    wire::Record copy = record;
    copy.set_id(std::string(personal_id(wire::id_of(message), user).view()));
    TRY(write_item(step, sender, path, copy));
  }
  return {};
}

Status Collaboration::write_item(Step& step, const store::Client& sender,
                                 const std::string& slice, const wire::Record& record) {
  wire::Change change;
  *change.mutable_record() = record;
  Author author = author_of(sender);
  author.client = 0;  // the broker writes items
  TRY(history_.write(step, slice, std::move(change), author));
  return {};
}

Result<wire::Record> Collaboration::item_of(const store::Client& sender,
                                            const wire::Message& message,
                                            const wire::Body& body) {
  const char* section = wire::kind_name(message.kind());
  namespace item = wire::item;
  wire::Record record = wire::make_record(wire::ITEM);
  record.set_id(message.id());
  const auto set = [&](int field, std::string text) {
    wire::set_value(&record, field, std::move(text));
  };
  std::string thread = message.thread();
  if (thread.empty()) {
    TRY_ASSIGN(const auto before, item_before(sender, message.in_reply_to()));
    if (before) thread = wire::value(before->record, item::kThread);
  }
  if (thread.empty()) thread = message.in_reply_to();
  set(item::kThread, thread.empty() ? format_uuid(wire::id_of(message)) : thread);
  set(item::kItemKind, section);
  set(item::kInReplyTo, message.in_reply_to());
  set(item::kSender, message.sender());
  set(item::kRecipient, message.recipient());
  set(item::kCreated, message.created());
  set(item::kCategory, wire::entry_of(body, section, message.kind() == wire::CHALLENGE ? "subject"
                                               : message.kind() == wire::GUIDANCE ? "topic"
                                                                                  : "category"));
  set(item::kText,
      wire::entry_of(body, section, message.kind() == wire::CHALLENGE ? "reason" : "text"));
  std::string options;
  for (std::size_t i = 1; i < kMaxOptions; ++i) {
    const std::string key = "option." + std::to_string(i);
    const std::string option = wire::entry_of(body, section, key.c_str());
    if (option.empty()) break;
    options += (options.empty() ? "" : "\n") + option;
  }
  set(item::kOptions, std::move(options));
  set(item::kDecision, wire::entry_of(body, section, "decision"));
  set(item::kOption, wire::entry_of(body, section, "option"));
  set(item::kFinal, wire::entry_of(body, section, "final"));
  set(item::kAbout, wire::entry_of(body, section, "ref"));
  set(item::kProject, wire::entry_of(body, "project", "id"));
  set(item::kFile, wire::entry_of(body, section, "file"));
  set(item::kSegment, wire::entry_of(body, section, "segment"));
  set(item::kSource, wire::entry_of(body, section, "source"));
  set(item::kTarget, wire::entry_of(body, section, "target"));
  return record;
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
  set(operation::kState, result ? wire::entry_of(body, "status", "state") : "issued");
  set(operation::kProject, wire::entry_of(body, "project", "id"));
  Author author = author_of(sender);
  author.client = 0;
  TRY_ASSIGN([[maybe_unused]] const wire::Outcome outcome,
             history_.write(step, slice, std::move(change), author));
  return {};
}

}  // namespace yizhan::broker
