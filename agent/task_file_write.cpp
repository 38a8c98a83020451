// From a message to text: for people, for programs, and field by field for handlers.

#include "agent/task_file.h"
#include "agent/task_file_keys.h"
#include "config/ini.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

constexpr std::string_view kEnvelope = "yizhan";

void add_if_filled(IniSection& section, const char* key, const std::string& value) {
  if (!value.empty()) section.entries.push_back({key, value, 0});
}

IniSection envelope_of(const wire::Message& message) {
  IniSection envelope{std::string(kEnvelope), 0, {}};
  const auto id = MessageId::from(message.id());
  envelope.entries.push_back({"version", "1", 0});
  envelope.entries.push_back({"kind", wire::kind_name(message.kind()), 0});
  add_if_filled(envelope, "id", id ? format_uuid(*id) : std::string());
  add_if_filled(envelope, "created", message.created());
  add_if_filled(envelope, "sender", message.sender());
  add_if_filled(envelope, "recipient", message.recipient());
  add_if_filled(envelope, "thread", message.thread());
  add_if_filled(envelope, "in_reply_to", message.in_reply_to());
  if (message.priority() != wire::PRIORITY_UNSPECIFIED) {
    envelope.entries.push_back({"priority", wire::priority_name(message.priority()), 0});
  }
  if (message.ack() != wire::ACK_UNSPECIFIED) {
    envelope.entries.push_back({"ack", wire::ack_name(message.ack()), 0});
  }
  add_if_filled(envelope, "expires", message.expires());
  return envelope;
}

std::optional<std::string> unless_empty(const std::string& value) {
  if (value.empty()) return std::nullopt;
  return value;
}

std::optional<std::string> envelope_field(const wire::Message& message, std::string_view name) {
  if (name == "version") return "1";
  if (name == "kind") return wire::kind_name(message.kind());
  if (name == "priority") return wire::priority_name(message.priority());
  if (name == "ack") return wire::ack_name(message.ack());
  if (name == "recipient") return unless_empty(message.recipient());
  if (name == "sender") return unless_empty(message.sender());
  if (name == "thread") return unless_empty(message.thread());
  if (name == "in_reply_to") return unless_empty(message.in_reply_to());
  if (name == "created") return unless_empty(message.created());
  if (name == "expires") return unless_empty(message.expires());
  const auto id = MessageId::from(message.id());
  if (name == "id" && id) return format_uuid(*id);
  return std::nullopt;
}

/// What stands behind the envelope in a new file; each line a person may want is there, and what
/// is not required is commented out.
const char* new_sections(wire::Kind kind) {
  switch (kind) {
    case wire::TASK:
      return "[project]\nid = PROJECT-1\n; name = \n; client = \n\n"
             "[job]\nid = JOB-1\ntype = translate\nsource_lang = en-US\ntarget_lang = zh-CN\n"
             "due = ${created}\n; tool = omegat\n; pm = \n\n"
             "; [files]\n; file.1 = manual.docx\n; file.1.role = source\n\n"
             "[instructions]\ntext = What is to be done. \\n begins a new line.\n";
    case wire::QUESTION:
      return "[question]\ncategory = terminology\ntext = What is asked.\n; blocking = no\n"
             "; file = \n; segment = \n; source = \n; target = \n; option.1 = \n; option.2 = \n"
             "; needed_by = ${created}\n; attach.1 = \n";
    case wire::CHALLENGE:
      return "[challenge]\nsubject = term\nref = What is challenged.\nreason = Why.\n"
             "; original = \n; proposed = \n; request = arbitrate\n";
    case wire::REPLY:
      return "[reply]\ndecision = answered\ntext = The answer.\n; option = 1\n; final = yes\n"
             "; applies_to = project\n\n"
             "; [terms]\n; term.1 = source | target\n; term.1.status = preferred\n";
    case wire::GUIDANCE:
      return "[guidance]\ntopic = What it is about.\ntext = What to do.\n; applies_to = \n"
             "; effective = ${created}\n; ack_required = yes\n; must_follow = no\n";
    case wire::COMMAND:
      return "[command]\ncommand.1 = sync_now\n; command.2 = set_due\n"
             "; command.2.due = ${created}\n";
    case wire::DATA:
      return "; [terms]\n; term.1 = source | target\n; term.1.status = proposed\n\n"
             "; [corpus]\n; tmx.1 = memory.tmx\n; mode = add\n\n"
             "; [files]\n; file.1 = memory.tmx\n";
    case wire::STATUS:
      return "[status]\nstate = in_progress\n; progress_segments = \n; progress_words = \n";
    case wire::RECEIPT:
      return "[receipt]\nof = ${id}\nevent = opened\n; reason = \n";
    default:
      return "";
  }
}

std::string replace_all(std::string text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

std::string format_task_file(const wire::Message& message) {
  std::vector<IniSection> sections = {envelope_of(message)};
  wire::Body body;
  (void)body.ParseFromString(message.body());  // a checked message's body parses
  for (const wire::Section& section : body.sections()) {
    if (section.name() == "end") continue;
    const bool is_envelope = section.name() == kEnvelope;
    if (!is_envelope) sections.push_back({section.name(), 0, {}});
    IniSection& made = is_envelope ? sections.front() : sections.back();
    for (const wire::Entry& entry : section.entries()) {
      if (is_envelope && is_envelope_key(entry.key())) continue;
      made.entries.push_back({entry.key(), entry.value(), 0});
    }
  }
  sections.push_back({"end", 0, {}});
  return format_ini(sections);
}

std::string new_task_file(wire::Kind kind, const MessageId& id, const std::string& created,
                          const std::string& recipient) {
  const std::string id_text = format_uuid(id);
  const IniSection envelope{std::string(kEnvelope),
                            0,
                            {{"version", "1", 0},
                             {"kind", wire::kind_name(kind), 0},
                             {"id", id_text, 0},
                             {"created", created, 0},
                             {"recipient", recipient, 0}}};
  std::string sections = replace_all(new_sections(kind), "${created}", created);
  sections = replace_all(std::move(sections), "${id}", id_text);
  return format_ini({envelope}) + "; thread = \n; in_reply_to = \n; priority = normal\n" +
         "; ack = delivered\n; expires = " + created + "\n\n" + sections + "\n[end]\n";
}

std::optional<std::string> field_of(const wire::Message& message, const wire::Body& body,
                                    std::string_view name) {
  constexpr std::string_view kPrefix = "yizhan.";
  if (name.substr(0, kPrefix.size()) == kPrefix) name.remove_prefix(kPrefix.size());
  if (is_envelope_key(name)) return envelope_field(message, name);
  if (name.find('.') == std::string_view::npos) {
    const std::string* unknown = wire::find_entry(body, kEnvelope, name);
    return unknown == nullptr ? std::nullopt : std::optional(*unknown);
  }
  // A section's name may have dots too, so each section says for itself where its name ends.
  for (const wire::Section& section : body.sections()) {
    const std::size_t size = section.name().size();
    if (name.size() <= size + 1 || name[size] != '.' || name.substr(0, size) != section.name()) {
      continue;
    }
    for (const wire::Entry& entry : section.entries()) {
      if (entry.key() == name.substr(size + 1)) return entry.value();
    }
  }
  const std::string* dotted = wire::find_entry(body, kEnvelope, name);
  return dotted == nullptr ? std::nullopt : std::optional(*dotted);
}

}  // namespace yizhan::agent
