#include "broker/collaboration.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/own_message.h"
#include "wire/broker_words.h"
#include "wire/codec.h"
#include "wire/history.h"
#include "wire/roles.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {
namespace {

/// What a record says, in words: a unit's target, a term.
const std::string& text_of(const wire::Record& record) {
  if (record.kind() == wire::TERM) return wire::value(record, wire::term::kText);
  if (record.kind() == wire::CONCEPT) {
    return wire::value(record, wire::concept_entry::kDefinition);
  }
  return wire::value(record, wire::unit::kTarget);
}

const std::string& source_of(const wire::Record& record) {
  return wire::value(record, record.kind() == wire::UNIT ? static_cast<int>(wire::unit::kSource)
                                                         : static_cast<int>(wire::term::kLang));
}

std::string sentence(const Settled& settled, bool chinese) {
  switch (settled.conflict) {
    case Conflict::kDeletion:
      return chinese ? "同一条目一方删除、一方修改。保留的是选项 1；两种文本都在历史中。"
                       "要改用选项 2，请回复 option = 2。"
                     : "One of you deleted this, the other changed it. Option 1 stands; both are "
                       "kept. To have option 2, reply with option = 2.";
    case Conflict::kApproved:
      return chinese ? "该条目已由更高角色确认，您的文本（选项 2）作为建议保留。"
                     : "A higher role has approved this. Your text (option 2) is kept as a "
                       "proposal.";
    default:
      return chinese ? "同一条目有两种译文。当前采用选项 1；您的文本（选项 2）保留在历史中。"
                       "要改用选项 2，请回复 option = 2 并说明理由。"
                     : "There are two texts for this. Option 1 stands; yours (option 2) is kept "
                       "beside it. To have option 2, reply with option = 2 and say why.";
  }
}

}  // namespace

bool Collaboration::wants(wire::RecordKind kind) const {
  return (kind == wire::UNIT && instructions_.names_kind("unit")) ||
         (kind == wire::TERM && instructions_.names_kind("term"));
}

Status Collaboration::on_settled(Step& step, const Settled& settled) {
  if (settled.conflict != Conflict::kNone) TRY(tell(step, settled));
  const bool changed = settled.outcome == wire::APPLIED || settled.outcome == wire::MERGED;
  if (changed && wants(settled.record.kind())) TRY(tell_rules(step, settled));
  return {};
}

/// A question to whoever's text does not stand, with both texts.
Status Collaboration::tell(Step& step, const Settled& settled) {
  const std::string loser =
      settled.change_won ? wire::changer_of(settled.former) : settled.author.user;
  if (loser.empty()) return {};
  const wire::Record& lost = settled.change_won ? settled.former : settled.change.record();
  const auto record = MessageId::from(settled.record.id());
  CHECK_THAT_HOLDS(record.has_value());
  const MessageId id = derive_uuid(*record, "conflict:" + std::to_string(settled.seq));
  wire::Message message = own_message(id, wire::QUESTION, "user:" + loser, step.wall());
  message.set_thread(format_uuid(id));
  wire::Body body;
  wire::Section* project = add_section(&body, "project");
  add_entry(project, "id", std::string(project_of(settled.slice)));
  add_entry(project, "client", settled.slice.substr(0, settled.slice.find('/')));
  wire::Section* question = add_section(&body, "question");
  add_entry(question, "category", "conflict");
  add_entry(question, "text", sentence(settled, chinese_));
  add_entry(question, "source", source_of(settled.record));
  const auto shown = [](const wire::Record& one) {
    return one.deleted() ? std::string("(deleted)") : text_of(one);
  };
  add_entry(question, "option.1", shown(settled.record));
  add_entry(question, "option.2", shown(lost));
  wire::Section* conflict = add_section(&body, "conflict");
  add_entry(conflict, "record", wire::record_id_hex(settled.record.id()));
  add_entry(conflict, "record_kind", wire::record_kind_name(settled.record.kind()));
  add_entry(conflict, "slice", settled.slice);
  add_entry(conflict, "about", conflict_name(settled.conflict));
  add_entry(conflict, "rev", std::to_string(settled.record.rev()));
  add_entry(conflict, "with",
            settled.change_won ? settled.author.user : wire::changer_of(settled.record));
  store::StoredMessage stored = own_row(&message, body, step.wall());
  TRY_ASSIGN(const Directory::Resolved* resolved, directory_.resolve(message.recipient(), 0));
  const std::vector<store::ClientId> clients = resolved->clients;
  TRY_ASSIGN(stored.seq, store_.insert_message(stored));
  for (const store::ClientId client : clients) {
    TRY_ASSIGN([[maybe_unused]] const Delivery::Queued queued,
               delivery_.queue(step, stored.seq, stored.id, client, "conflict"));
  }
  step.happened("conflict", stored.id, loser, settled.slice);
  TRY(instructions_.on_data(step, subject_of(stored, message)));
  return {};
}

/// The change as a data state, if any row is for it: what no row asks for is not even stored.
Status Collaboration::tell_rules(Step& step, const Settled& settled) {
  const auto record = MessageId::from(settled.record.id());
  CHECK_THAT_HOLDS(record.has_value());
  wire::Message message =
      own_message(derive_uuid(*record, "state:" + std::to_string(settled.seq)),
                  settled.record.kind() == wire::UNIT ? wire::UNIT_STATE : wire::TERM_STATE,
                  wire::kBrokerAddress, step.wall());
  if (!settled.author.user.empty()) message.set_sender("user:" + settled.author.user);
  wire::Body body;
  wire::Section* project = add_section(&body, "project");
  add_entry(project, "id", std::string(project_of(settled.slice)));
  add_entry(project, "client", settled.slice.substr(0, settled.slice.find('/')));
  wire::Section* data = add_section(&body, wire::record_kind_name(settled.record.kind()));
  add_entry(data, "id", wire::record_id_hex(settled.record.id()));
  add_entry(data, "slice", settled.slice);
  add_entry(data, "rev", std::to_string(settled.record.rev()));
  add_entry(data, "user", settled.author.user);
  const auto fields = wire::fields_of(settled.record.kind());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    add_entry(data, fields[i].name, wire::value(settled.record, static_cast<int>(i)));
  }
  store::StoredMessage stored = own_row(&message, body, step.wall(), settled.author.client);
  if (!wire::status_of(settled.record).empty()) stored.state = wire::status_of(settled.record);
  if (settled.record.deleted()) stored.state = "deleted";
  Subject subject = subject_of(stored, message);
  subject.previous_state = wire::status_of(settled.former);
  TRY_ASSIGN(const bool minded, instructions_.minds(subject));
  if (!minded) return {};
  TRY_ASSIGN(stored.seq, store_.insert_message(stored));
  subject.seq = stored.seq;
  TRY(instructions_.on_data(step, std::move(subject)));
  return {};
}

/// A reply to a question about a conflict: the chosen text becomes the record's.
Status Collaboration::resolve(Step& step, const store::Client& sender, const wire::Message& reply,
                              const wire::Body& body) {
  const auto about = parse_uuid(reply.in_reply_to());
  if (!about) return {};
  const std::string option = wire::entry_of(body, "reply", "option");
  TRY_ASSIGN(const auto question, store_.message_by_id(*about));
  if (!question || question->sender != 0 || question->damaged || option.empty()) return {};
  wire::Body asked;
  if (!asked.ParseFromString(question->body)) return {};
  const auto id = wire::record_id_from_hex(wire::entry_of(asked, "conflict", "record"));
  const auto kind = wire::parse_record_kind(wire::entry_of(asked, "conflict", "record_kind"));
  const std::string slice = wire::entry_of(asked, "conflict", "slice");
  if (!id || !kind || history_.slices().access(sender, slice) != store::Access::kWrite) return {};
  TRY_ASSIGN(const auto current, history_.find(*kind, id->view()));
  if (!current || current->damaged) return {};
  const std::string key = "option." + option;
  const std::string chosen = wire::entry_of(asked, "question", key.c_str());
  if (chosen.empty()) return {};
  wire::Change change;
  *change.mutable_record() = current->record;
  // He has seen both: it is no new conflict. His role still counts against an approval.
  change.set_base_rev(current->record.rev());
  if (chosen == "(deleted)") {
    change.mutable_record()->set_deleted(true);
    change.set_groups(wire::bit(wire::FieldGroup::kDeletion));
  } else if (*kind == wire::UNIT) {
    change.mutable_record()->set_deleted(false);
    wire::set_value(change.mutable_record(), wire::unit::kTarget, chosen);
    wire::set_value(change.mutable_record(), wire::unit::kTargetXml, "");
    wire::set_value(change.mutable_record(), wire::unit::kChanger, sender.user);
    change.set_groups(wire::bit(wire::FieldGroup::kText));
  } else {
    return {};
  }
  TRY_ASSIGN([[maybe_unused]] const wire::Outcome outcome,
             history_.write(step, slice, std::move(change), author_of(sender)));
  step.happened("resolved", *about, sender.user, slice);
  return {};
}

/// A challenge of a unit or term marks it as disputed, so that nobody takes it for settled.
Status Collaboration::dispute(Step& step, const store::Client& sender,
                              const wire::Body& challenge) {
  const auto id = wire::record_id_from_hex(wire::entry_of(challenge, "challenge", "ref"));
  if (!id) return {};
  for (const wire::RecordKind kind : {wire::UNIT, wire::TERM}) {
    TRY_ASSIGN(const auto current, history_.find(kind, id->view()));
    if (!current || current->damaged) continue;
    const store::Slice* slice = history_.slices().find(current->slice);
    if (slice == nullptr ||
        history_.slices().access(sender, slice->name) != store::Access::kWrite) {
      return {};
    }
    wire::Change change;
    *change.mutable_record() = current->record;
    change.set_base_rev(current->record.rev());
    change.set_groups(wire::bit(wire::FieldGroup::kStatus));
    wire::set_status(change.mutable_record(), "disputed");
    Author author = author_of(sender);
    author.rank = std::max(author.rank, current->record.rank());  // anybody may challenge
    const std::string name = slice->name;
    TRY_ASSIGN([[maybe_unused]] const wire::Outcome outcome,
               history_.write(step, name, std::move(change), author));
    return {};
  }
  return {};
}

}  // namespace yizhan::broker
