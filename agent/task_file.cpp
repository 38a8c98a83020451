#include "agent/task_file.h"

#include <utility>

#include "agent/task_file_check.h"
#include "agent/task_file_keys.h"
#include "config/ini.h"
#include "wire/codec.h"
#include "wire/limits.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

constexpr std::string_view kEnvelope = "yizhan";

IniLimits task_file_limits() {
  IniLimits limits;
  limits.max_bytes = wire::kMaxTaskFileBytes;
  limits.max_value_bytes = wire::kMaxValueBytes;
  limits.max_name_bytes = wire::kMaxNameBytes;
  limits.max_sections = wire::kMaxSections;
  return limits;
}

std::string text_of(const IniSection& section, std::string_view key) {
  const IniEntry* entry = section.find(key);
  return entry == nullptr ? std::string() : entry->value;
}

/// Values were checked before, so that what parses here must.
void read_envelope(const IniSection& envelope, wire::Message& message) {
  message.set_id(std::string(parse_uuid(text_of(envelope, "id"))->view()));
  message.set_kind(*wire::parse_kind(text_of(envelope, "kind")));
  message.set_recipient(text_of(envelope, "recipient"));
  message.set_sender(text_of(envelope, "sender"));
  message.set_thread(text_of(envelope, "thread"));
  const auto in_reply_to = parse_uuid(text_of(envelope, "in_reply_to"));
  if (in_reply_to) message.set_in_reply_to(format_uuid(*in_reply_to));  // one id, one text
  message.set_created(text_of(envelope, "created"));
  message.set_expires(text_of(envelope, "expires"));
  if (find_filled(envelope, "priority") != nullptr) {
    message.set_priority(*wire::parse_priority(text_of(envelope, "priority")));
  }
  if (find_filled(envelope, "ack") != nullptr) {
    message.set_ack(*wire::parse_ack(text_of(envelope, "ack")));
  }
}

/// Moves the entries: a document is not needed once its body is made.
std::string make_body(IniDocument& document) {
  wire::Body body;
  for (IniSection& section : document.sections) {
    if (section.name == "end") continue;
    const bool is_envelope = section.name == kEnvelope;
    wire::Section* made = nullptr;
    if (!is_envelope) {
      made = body.add_sections();
      made->set_name(std::move(section.name));
    }
    for (IniEntry& entry : section.entries) {
      if (is_envelope && is_envelope_key(entry.key)) continue;
      if (made == nullptr) {
        made = body.add_sections();
        made->set_name(std::string(kEnvelope));
      }
      wire::Entry* added = made->add_entries();
      added->set_key(std::move(entry.key));
      added->set_value(std::move(entry.value));
    }
  }
  return body.SerializeAsString();
}

/// A file in an encoding with shorter text than UTF-8, or one that leaves backslashes single, can
/// grow when it is written for its reader; that file must be a good one again.
Status check_written_size(const wire::Message& message, const std::string& file_name) {
  if (message.body().size() < wire::kMaxTaskFileBytes / 4) return {};  // far from the limit
  const std::size_t size = format_task_file(message).size();
  if (size <= wire::kMaxTaskFileBytes) return {};
  return error_at(file_name, 1,
                  "as UTF-8 text it has " + std::to_string(size) + " bytes, over the limit of " +
                      std::to_string(wire::kMaxTaskFileBytes) + "; attach long texts as files",
                  Code::kLimit);
}

}  // namespace

bool is_task_file(std::string_view bytes) {
  return first_section_is(bytes, kEnvelope);
}

bool is_complete(std::string_view bytes) {
  return ends_with_end_section(bytes);
}

Result<TaskFile> parse_task_file(std::string_view bytes, const std::string& file_name) {
  TRY_ASSIGN(IniDocument document, parse_ini(bytes, file_name, task_file_limits()));
  if (document.sections.empty() || document.sections.front().name != kEnvelope) {
    return error_at(file_name, document.sections.empty() ? 1 : document.sections.front().line,
                    "a task file begins with the section [yizhan]");
  }
  const IniSection& envelope = document.sections.front();
  TRY(check_envelope(envelope, file_name));
  TaskFile file;
  file.complete = document.ends_with_end;
  file.warnings = std::move(document.warnings);
  const wire::Kind kind = *wire::parse_kind(text_of(envelope, "kind"));
  TRY(check_vocabulary(document, kind, file_name, file.warnings));
  TRY_ASSIGN(file.attachments, collect_claims(document, file_name));

  read_envelope(envelope, file.message);
  if (document.find("signature") != nullptr) file.message.set_signed_file(std::string(bytes));
  file.message.set_body(make_body(document));
  const Status good = wire::check_message(file.message);
  if (!good.ok()) return error_at(file_name, 1, good.error().message, good.error().code);
  TRY(check_written_size(file.message, file_name));
  return file;
}

}  // namespace yizhan::agent
