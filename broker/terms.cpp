#include "broker/terms.h"

#include <algorithm>
#include <map>
#include <optional>

#include "broker/collaboration.h"
#include "broker/own_message.h"
#include "wire/codec.h"
#include "wire/history.h"
#include "wire/limits.h"
#include "wire/project_path.h"

namespace yizhan::broker {
namespace {

constexpr std::size_t kShownUnits = 20;

std::string trimmed(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    parts.push_back(path.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

}  // namespace

/// The [job] of a message says the languages; a reply need not repeat that of what it answers.
Status Terms::read_languages(const Subject& subject, const wire::Body& body, Decided* decided) {
  decided->source_lang = wire::entry_of(body, "job", "source_lang");
  decided->target_lang = wire::entry_of(body, "job", "target_lang");
  const auto answered = parse_uuid(subject.envelope->in_reply_to());
  if (!decided->target_lang.empty() || !answered) return {};
  TRY_ASSIGN(const auto row, store_.message_by_id(*answered));
  wire::Body asked;
  if (!row || row->damaged || !asked.ParseFromString(row->body)) return {};
  decided->source_lang = wire::entry_of(asked, "job", "source_lang");
  decided->target_lang = wire::entry_of(asked, "job", "target_lang");
  return {};
}

/// The [terms] of a message. Their languages are the job's, or those of the project's memory.
Result<Terms::Decided> Terms::read(const Subject& subject) {
  wire::Body body;
  Decided decided;
  if (!body.ParseFromString(*subject.body)) {
    return Error{Code::kInvalid, "the message holds no terms"};
  }
  decided.project = wire::project_path(body);
  if (decided.project.empty()) {
    return Error{Code::kInvalid, "the message names no [project] id: whose terms are they?"};
  }
  TRY(read_languages(subject, body, &decided));
  for (const auto& [name, slice] : history_.slices().all()) {
    const auto parts = parts_of(name);
    if (!decided.target_lang.empty() || parts.size() != 4) continue;
    if (!wire::slice_covers(decided.project, name)) continue;
    decided.source_lang = parts[2];
    decided.target_lang = parts[3];
  }
  if (decided.source_lang.empty() || decided.target_lang.empty()) {
    return Error{Code::kInvalid, "the languages of the terms are not known: give [job] source_lang "
                                 "and target_lang, here or in what is answered"};
  }
  for (std::size_t n = 1; n < wire::kMaxListItems; ++n) {
    const std::string key = "term." + std::to_string(n);
    const std::string line = wire::entry_of(body, "terms", key);
    if (line.empty()) break;
    const std::size_t bar = line.find('|');
    if (bar == std::string::npos) continue;
    decided.terms.push_back({trimmed(line.substr(0, bar)), trimmed(line.substr(bar + 1)),
                             wire::entry_of(body, "terms", key + ".status"),
                             wire::entry_of(body, "terms", key + ".note"),
                             wire::entry_of(body, "terms", key + ".source_ref"),
                             wire::entry_of(body, "terms", key + ".domain")});
  }
  return decided;
}

Status Terms::write(Step& step, const Decided& decided, const Decision& decision,
                    const Author& author) {
  const std::string slice = decided.project + "/terms";
  const std::string client = decided.project.substr(0, decided.project.find('/'));
  wire::Change entry;
  *entry.mutable_record() = wire::make_record(wire::CONCEPT);
  wire::Record& concept_record = *entry.mutable_record();
  wire::set_value(&concept_record, wire::concept_entry::kTermbase, "main");
  wire::set_value(&concept_record, wire::concept_entry::kClient, client);
  wire::set_value(&concept_record, wire::concept_entry::kDomain, decision.domain);
  wire::set_value(&concept_record, wire::concept_entry::kKey, decision.source);
  wire::set_record_id(&concept_record, slice);
  entry.set_groups(wire::kAllGroups);
  const std::string id = wire::record_id_hex(concept_record.id());
  TRY_ASSIGN([[maybe_unused]] const auto made, history_.write(step, slice, entry, author));
  const auto add = [&](const std::string& lang, const std::string& text,
                       const std::string& status) -> Status {
    wire::Change change;
    *change.mutable_record() = wire::make_record(wire::TERM);
    wire::Record& term = *change.mutable_record();
    wire::set_value(&term, wire::term::kConcept, id);
    wire::set_value(&term, wire::term::kLang, lang);
    wire::set_value(&term, wire::term::kText, text);
    wire::set_value(&term, wire::term::kStatus, status);
    wire::set_value(&term, wire::term::kNote, decision.note);
    wire::set_value(&term, wire::term::kSourceRef, decision.source_ref);
    wire::set_value(&term, wire::term::kAuthor, author.user);
    wire::set_value(&term, wire::term::kChanger, author.user);
    wire::set_record_id(&term, slice);
    TRY_ASSIGN(const auto known, history_.records().find(wire::TERM, term.id()));
    // A decision is taken knowing what there is.
    change.set_base_rev(known ? known->record.rev() : 0);
    change.set_groups(wire::bit(wire::FieldGroup::kStatus) | wire::bit(wire::FieldGroup::kNote) |
                      wire::bit(wire::FieldGroup::kDetails));
    TRY_ASSIGN([[maybe_unused]] const auto outcome, history_.write(step, slice, change, author));
    return {};
  };
  TRY(add(decided.source_lang, decision.source, "admitted"));
  return add(decided.target_lang, decision.target,
             decision.status.empty() ? "proposed" : decision.status);
}

Result<std::string> Terms::upsert(Step& step, const Subject& subject) {
  TRY_ASSIGN(const Decided decided, read(subject));
  TRY_ASSIGN(const store::Client* sender, directory_.client(subject.sender));
  const store::Client client = *sender;
  if (history_.slices().access(client, decided.project + "/terms") != store::Access::kWrite) {
    return Error{Code::kInvalid, client.user + " may not write " + decided.project + "/terms"};
  }
  Author author = author_of(client);
  author.database = 0;
  for (const Decision& decision : decided.terms) TRY(write(step, decided, decision, author));
  return "upsert_terms: " + std::to_string(decided.terms.size()) + " into " + decided.project +
         "/terms";
}

Result<std::string> Terms::find_affected(Step& step, const Subject& subject, const Order& order) {
  TRY_ASSIGN(const Decided decided, read(subject));
  const std::string name =
      decided.project + "/" + decided.source_lang + "/" + decided.target_lang;
  const store::Slice* slice = history_.slices().find(name);
  if (slice == nullptr) return "find_affected: there is no memory " + name;
  std::map<std::string, std::vector<std::string>> by_owner;
  int found = 0;
  for (const Decision& decision : decided.terms) {
    const bool forbidden = decision.status == "forbidden" || decision.status == "deprecated";
    TRY_ASSIGN(const auto units,
               history_.records().units_with(slice->id, decision.source, kMaxAffected));
    for (const wire::Record& unit : units) {
      const bool holds =
          wire::value(unit, wire::unit::kTarget).find(decision.target) != std::string::npos;
      if (holds != forbidden) continue;
      ++found;
      by_owner[wire::value(unit, wire::unit::kChanger)].push_back(
          wire::value(unit, wire::unit::kSource) + " → " +
          wire::value(unit, wire::unit::kTarget));
    }
  }
  for (const auto& [owner, units] : by_owner) {
    std::string text;
    for (std::size_t i = 0; i < std::min(units.size(), kShownUnits); ++i) text += units[i] + "\n";
    if (units.size() > kShownUnits) {
      text += "… " + std::to_string(units.size() - kShownUnits) + " more\n";
    }
    if (!owner.empty()) TRY(tell(step, subject, order, owner, text));
  }
  return "find_affected: " + std::to_string(found) + " units of " +
         std::to_string(by_owner.size()) + " people";
}

/// Guidance for whoever wrote the units that a decision touches.
Status Terms::tell(Step& step, const Subject& subject, const Order& order,
                   const std::string& owner, const std::string& text) {
  wire::Message message =
      own_message(derive_uuid(subject.id, "affected:" + order.rule + ":" + owner), wire::GUIDANCE,
                  "user:" + owner, step.wall());
  message.set_thread(subject.envelope->thread());
  message.set_in_reply_to(format_uuid(subject.id));
  wire::Body body;
  wire::Section* section = add_section(&body, "guidance");
  add_entry(section, "topic", "terminology");
  add_entry(section, "text", text.substr(0, wire::kMaxValueBytes));
  add_entry(section, "rule", order.rule);
  return post(step, message, body, order);
}

/// Stores a message of ours for whom its recipient means; nobody may be that any more.
Status Terms::post(Step& step, wire::Message message, const wire::Body& body, const Order& order) {
  const std::string recipient = message.recipient();
  const store::StoredMessage stored = own_row(&message, body, step.wall());
  TRY_ASSIGN(const Directory::Resolved* resolved, directory_.resolve(recipient, 0));
  const std::vector<store::ClientId> clients = resolved->clients;
  if (clients.empty()) return {};
  TRY_ASSIGN(const store::MessageSeq seq, store_.insert_message(stored));
  for (const store::ClientId client : clients) {
    TRY_ASSIGN([[maybe_unused]] const Delivery::Queued queued,
               delivery_.queue(step, seq, stored.id, client, order.rule));
  }
  return {};
}

}  // namespace yizhan::broker
