#include "agent/project_questions.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "agent/outgoing.h"
#include "exchange/omegat_text.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

using Json = nlohmann::json;
using wire::value;

constexpr std::string_view kOrigin = "project:";
/// As many as a person can have asked; the oldest go.
constexpr std::size_t kMaxAnswers = 2000;

void add(wire::Section* section, const char* key, std::string_view text) {
  if (text.empty()) return;
  wire::Entry* const entry = section->add_entries();
  entry->set_key(key);
  entry->set_value(std::string(text.substr(0, exchange::utf8_prefix(text, wire::kMaxValueBytes))));
}

std::string fact_of(const std::string& project) {
  return "project-answers:" + project;
}

std::string entry_or_empty(const wire::Body& body, const char* section, const std::string& key) {
  const std::string* const found = wire::find_entry(body, section, key);
  return found == nullptr ? std::string() : *found;
}

/// The address "user:li.wei" as people read it.
std::string person(const std::string& sender) {
  constexpr std::string_view kUser = "user:";
  return sender.starts_with(kUser) ? sender.substr(kUser.size()) : sender;
}

Result<Json> read_answers(Context& context, const std::string& project) {
  TRY_ASSIGN(const auto text, context.store.fact(fact_of(project)));
  Json list = Json::parse(text.value_or("[]"), nullptr, false);
  return list.is_array() ? std::move(list) : Json::array();
}

wire::Body body_of(const ProjectPlace& place, const exchange::OmegatQuestion& question) {
  wire::Body body;
  wire::Section* const project = body.add_sections();
  project->set_name("project");
  const std::size_t slash = place.slice.find('/');
  const std::string_view behind = slash == std::string::npos
                                      ? std::string_view()
                                      : std::string_view(place.slice).substr(slash + 1);
  const std::string_view id = behind.substr(0, behind.find('/'));
  add(project, "id", id.empty() ? place.name : id);
  add(project, "client", client_of_slice(place.slice));
  wire::Section* const asked = body.add_sections();
  asked->set_name("question");
  add(asked, "category", "context");
  add(asked, "text", question.text);
  add(asked, "scope", "segment");
  const wire::Record& unit = question.unit;
  add(asked, "file", value(unit, wire::unit::kFile));
  add(asked, "segment", value(unit, wire::unit::kSegment));
  add(asked, "context_before", value(unit, wire::unit::kPrevious));
  add(asked, "context_after", value(unit, wire::unit::kNext));
  add(asked, "source", value(unit, wire::unit::kSource));
  add(asked, "target", value(unit, wire::unit::kTarget));
  return body;
}

}  // namespace

Status queue_question(Context& context, const ProjectPlace& place, const exchange::OmegatProject&,
                      const exchange::OmegatQuestion& question) {
  const auto about = MessageId::from(question.unit.id());
  CHECK_THAT_HOLDS(about.has_value());
  const MessageId id = derive_uuid(*about, "question:" + context.unique_code + ":" + question.text);
  TRY_ASSIGN(const auto asked, context.store.find_outgoing(id));
  if (asked) return {};
  wire::Message message;
  message.set_id(std::string(id.view()));
  message.set_kind(wire::QUESTION);
  message.set_recipient(place.ask);
  message.set_in_reply_to(place.task);
  message.set_created(format_time(context.now.wall));
  message.set_body(body_of(place, question).SerializeAsString());
  if (const Status valid = wire::check_message(message); !valid.ok()) {
    context.warn("project " + shown(place.name) + ": the question '" + shown(question.text) +
                 "' was not sent: " + valid.error().message);
    return {};
  }
  return queue_outgoing(context, message, std::string(kOrigin) + place.name, "");
}

Result<std::string> project_answered(Context& context, const wire::Message& message) {
  const auto about = parse_uuid(message.in_reply_to());
  if (!about) return std::string();
  TRY_ASSIGN(const auto asked, context.store.find_outgoing(*about));
  if (!asked || !asked->origin.starts_with(kOrigin)) return std::string();
  return asked->origin.substr(kOrigin.size());
}

Status keep_answer(Context& context, const std::string& project, const wire::Message& reply) {
  wire::Body said;
  if (!said.ParseFromString(reply.body())) return {};
  const auto about = parse_uuid(reply.in_reply_to());
  TRY_ASSIGN(const auto row, context.store.outgoing(*about));
  wire::Message question;
  wire::Body asked;
  if (!row || row->damaged || !question.ParseFromString(row->message) ||
      !asked.ParseFromString(question.body())) {
    return {};
  }
  std::string text = entry_or_empty(said, "reply", "text");
  const std::string option = entry_or_empty(said, "reply", "option");
  if (!option.empty()) {
    const std::string chosen = entry_or_empty(asked, "question", "option." + option);
    text = chosen + (chosen.empty() || text.empty() ? "" : ", ") + text;
  }
  if (text.empty()) text = entry_or_empty(said, "reply", "decision");
  if (text.empty()) return {};
  TRY_ASSIGN(Json list, read_answers(context, project));
  const std::string id = format_uuid(wire::id_of(reply));
  for (const Json& one : list) {
    if (one.value("id", "") == id) return {};
  }
  list.push_back({{"id", id},
                  {"source", entry_or_empty(asked, "question", "source")},
                  {"question", entry_or_empty(asked, "question", "text")},
                  {"text", text},
                  {"from", person(reply.sender())}});
  if (list.size() > kMaxAnswers) list.erase(list.begin());
  TRY(context.begin_write());
  return context.store.save_fact(fact_of(project),
                                 list.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<std::vector<exchange::GlossaryText::Answer>> kept_answers(Context& context,
                                                                 const std::string& project) {
  TRY_ASSIGN(const Json list, read_answers(context, project));
  std::vector<exchange::GlossaryText::Answer> answers;
  for (const Json& one : list) {
    answers.push_back({one.value("source", ""), one.value("question", ""), one.value("text", ""),
                       one.value("from", "")});
  }
  return answers;
}

}  // namespace yizhan::agent
