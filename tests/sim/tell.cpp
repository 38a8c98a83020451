#include "tests/sim/tell.h"

#include "config/ids.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::sim {

namespace {

std::string short_id(const std::string& raw) {
  const auto id = MessageId::from(raw);
  return id ? format_uuid(*id).substr(0, 8) : "?";
}

std::string tell_message(const wire::Message& message) {
  std::string text = " " + short_id(message.id()) + " " + wire::kind_name(message.kind());
  if (message.in_reply_to().empty()) return text;
  wire::Body body;
  const bool receipt = message.kind() == wire::RECEIPT;
  if (body.ParseFromString(message.body())) {
    const std::string* word =
        wire::find_entry(body, receipt ? "receipt" : "status", receipt ? "event" : "state");
    if (word != nullptr) text += " " + *word;
  }
  return text + " of " + message.in_reply_to().substr(0, 8);
}

}  // namespace

std::string tell_from_agent(std::string_view bytes) {
  const auto frame = wire::decode_from_agent(bytes);
  if (!frame.ok()) return "says nonsense";
  std::string text;
  switch (frame->body_case()) {
    case wire::FromAgent::kHello:
      return "says hello";
    case wire::FromAgent::kPing:
      return "pings";
    case wire::FromAgent::kPush:
      for (const auto& message : frame->push().messages()) text += tell_message(message) + ";";
      return "pushes" + text;
    case wire::FromAgent::kDeliverResult:
      for (const auto& one : frame->deliver_result().results()) {
        text += " " + std::to_string(one.seq()) +
                (one.outcome() == wire::DeliverResult::One::HELD ? " held" : "");
      }
      return "answers deliveries" + text;
    case wire::FromAgent::kBlobOffer:
    case wire::FromAgent::kBlobChunk:
      return "uploads";
    case wire::FromAgent::kBlobGet:
      return "downloads";
    default:
      return "says something else";
  }
}

std::string tell_from_broker(std::string_view bytes) {
  const auto frame = wire::decode_from_broker(bytes);
  if (!frame.ok()) return "nonsense";
  std::string text;
  switch (frame->body_case()) {
    case wire::FromBroker::kWelcome:
      return "welcome";
    case wire::FromBroker::kRefused:
      return "refused";
    case wire::FromBroker::kNoSession:
      return "no session";
    case wire::FromBroker::kPong:
      return "pong";
    case wire::FromBroker::kPushResult:
      for (const auto& one : frame->push_result().results()) {
        text += " " + short_id(one.id()) + " " +
                wire::PushResult::One::Outcome_Name(one.outcome()) + ";";
      }
      return "answers pushes" + text;
    case wire::FromBroker::kDeliver:
      for (const auto& one : frame->deliver().deliveries()) {
        text += " " + std::to_string(one.seq()) + tell_message(one.message()) + ";";
      }
      return "delivers" + text;
    case wire::FromBroker::kBlobState:
      return "has so much of an upload";
    case wire::FromBroker::kBlobChunk:
      return "a part of a download";
    default:
      return "something else";
  }
}

}  // namespace yizhan::sim
