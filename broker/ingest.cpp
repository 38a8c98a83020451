#include "broker/ingest.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "broker/activations.h"
#include "broker/own_message.h"
#include "broker/reports.h"
#include "wire/address.h"
#include "wire/broker_words.h"
#include "wire/codec.h"
#include "wire/limits.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

void refuse(wire::PushResult::One* answer, std::string reason) {
  answer->set_outcome(wire::PushResult::One::REFUSED);
  answer->set_reason(std::move(reason));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool is_over(const std::string& state) {
  return state == "approved" || state == "closed";
}

bool may_sign_as(const store::Client& client, const std::string& claimed) {
  return claimed.empty() || claimed == "code:" + client.code ||
         (!client.user.empty() && (claimed == client.user || claimed == "user:" + client.user));
}

/// Whether a report that takes `delivery` no further still says something of the message: a job
/// that is under way has stages, one that was delivered can be delivered anew until it is approved,
/// and one that was paused can be accepted anew.
bool may_follow(const store::Delivery& delivery, const Reported& reported,
                const std::string& state) {
  using store::DeliveryState;
  if (delivery.state == DeliveryState::kDone) return reported.after_end && !is_over(state);
  const bool begun = delivery.state == DeliveryState::kStarted;
  if (begun && reported.state == DeliveryState::kStarted) return true;
  return (begun || delivery.state == DeliveryState::kAccepted) &&
         lifts_pause(state, reported.data_state);
}

}  // namespace

Status Ingest::on_push(Step& step, const Session& session, wire::Push& push) {
  TRY_ASSIGN(const store::Client* sender, directory_->client(session.client));
  wire::FromBroker frame;
  wire::PushResult* result = frame.mutable_push_result();
  for (wire::Message& message : *push.mutable_messages()) {
    One* answer = result->add_results();
    answer->set_id(message.id());
    TRY(take(step, session, *sender, message, answer));
  }
  step.send_last(session.peer, frame);
  return {};
}

std::string Ingest::refusal(Step& step, const store::Client& sender,
                            const wire::Message& message) const {
  if (const Status valid = wire::check_message(message); !valid.ok()) return valid.error().message;
  if (!may_sign_as(sender, message.sender())) {
    return "sender " + message.sender() + " is not yours to use: this key belongs to " +
           Directory::address_of(sender) + "; leave `sender` out";
  }
  if (message.kind() == wire::COMMAND) {
    const auto& allowed = options_->command_roles;
    const bool may = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& role) {
      return sender.roles.contains(role);
    });
    if (!may) {
      return "kind command needs one of the roles " + joined(allowed) +
             "; ask an operator: yizhan clients set " + sender.code + " --role ROLE";
    }
  }
  const std::int64_t expires = wire::expires_us(message);
  if (expires != 0 && expires <= step.wall_us()) return "it expired at " + message.expires();
  return "";
}

Status Ingest::take(Step& step, const Session& session, const store::Client& sender,
                    wire::Message& message, One* answer) {
  const std::optional<MessageId> id = MessageId::from(message.id());
  if (!id) {
    refuse(answer, "id is not a UUID of 16 bytes");
    return {};
  }
  const ContentHash hash = wire::content_hash(message);
  std::string reason = refusal(step, sender, message);
  const Directory::Resolved* recipients = nullptr;
  if (reason.empty()) {
    TRY_ASSIGN(reason, resolve(sender, message, &recipients));
  }
  bool room = true;
  if (reason.empty()) {
    for (const wire::Attachment& attachment : message.attachments()) {
      if (!blobs_->has(*Sha256::from(attachment.sha256()))) {
        answer->add_missing(attachment.sha256());
      }
    }
    TRY_ASSIGN(room, has_room(step, *id, *recipients));
    if (room && answer->missing_size() == 0) {
      return store_message(step, session, sender, message, hash, *recipients, answer);
    }
  }
  // A repeat of what was stored once is answered as then, whatever would be said of it today.
  TRY_ASSIGN(const bool known, answer_known(*id, hash, answer));
  if (known || !room) answer->clear_missing();
  if (known) return {};
  if (!reason.empty()) {
    refuse(answer, std::move(reason));
  } else if (!room) {
    // Said before anything is uploaded: what has to wait need not be here already.
    answer->set_outcome(One::LATER);
    answer->set_reason("the mailbox of " + message.recipient() + " is full");
  } else {
    answer->set_outcome(One::BLOBS_MISSING);
  }
  return {};
}

Result<bool> Ingest::has_room(Step& step, const MessageId& id,
                              const Directory::Resolved& recipients) {
  if (recipients.clients.empty()) return true;  // it is for the broker
  for (const store::ClientId client : recipients.clients) {
    TRY_ASSIGN(const bool room, mailboxes_->has_room(step, client, id));
    if (room) return true;
  }
  return false;
}

Result<std::string> Ingest::resolve(const store::Client& sender, const wire::Message& message,
                                    const Directory::Resolved** recipients) {
  const Result<const Directory::Resolved*> resolved =
      directory_->resolve(message.recipient(), sender.id);
  if (!resolved.ok()) {
    const Code code = resolved.error().code;
    if (code != Code::kInvalid && code != Code::kLimit) return resolved.error();
    return resolved.error().message;
  }
  *recipients = *resolved;
  const std::vector<std::string>& nobody = (*resolved)->nobody;
  if (!(*resolved)->clients.empty()) return std::string();
  // Questions about conflicts come from the broker, and so the answer goes to it.
  if (message.recipient() == wire::kBrokerAddress) return std::string();
  return "nobody is " + (nobody.empty() ? message.recipient() : joined(nobody)) +
         ": no accepted client has that address";
}

Result<bool> Ingest::answer_known(const MessageId& id, const ContentHash& hash, One* answer) {
  TRY_ASSIGN(const auto existing, store_->find_message(id));
  if (!existing) return false;
  if (existing->content_hash != hash) {
    refuse(answer, "this id already belongs to another message with other content: use a new id");
    return true;
  }
  answer->set_outcome(One::STORED);
  if (existing->seq != 0) {
    TRY_ASSIGN(const auto deliveries, store_->deliveries(existing->seq));
    const auto addressed = std::count_if(deliveries.begin(), deliveries.end(),
                                         [](const auto& d) { return d.cause.empty(); });
    answer->set_recipients(static_cast<std::uint32_t>(addressed));
  }
  return true;
}

Status Ingest::store_message(Step& step, const Session& session, const store::Client& sender,
                             wire::Message& message, const ContentHash& hash,
                             const Directory::Resolved& recipients, One* answer) {
  message.set_sender(Directory::address_of(sender));
  const MessageId id = wire::id_of(message);
  store::StoredMessage stored = to_stored(message, sender.id, step.wall_us());
  stored.content_hash = hash;
  Result<store::MessageSeq> seq = store_->insert_message(stored);
  if (!seq.ok()) {
    if (seq.error().code != Code::kConflict) return seq.error();
    TRY_ASSIGN(const bool known, answer_known(id, hash, answer));
    CHECK_THAT_HOLDS(known);
    return {};
  }
  if (message.kind() == wire::COMMAND) {
    TRY(audit_->note(step.wall_us(), message.sender() + " code:" + sender.code, "command",
                     format_uuid(id), {{"recipient", message.recipient()}}));
  }
  int parked = 0;
  for (const store::ClientId client : recipients.clients) {
    TRY_ASSIGN(const Delivery::Queued queued, delivery_->queue(step, *seq, id, client, ""));
    if (queued == Delivery::Queued::kParked) ++parked;
  }
  delivery_->note_expiry(stored.expires_us);
  step.happened("stored", id, Directory::address_of(sender), wire::kind_name(stored.kind));
  answer->set_outcome(One::STORED);
  answer->set_recipients(static_cast<std::uint32_t>(recipients.clients.size()));
  std::vector<std::string> remarks;
  if (!recipients.nobody.empty()) remarks.push_back("nobody is " + joined(recipients.nobody));
  if (parked > 0) remarks.push_back(std::to_string(parked) + " parked: mailbox full");
  if (!remarks.empty()) answer->set_reason(joined(remarks));

  stored.seq = *seq;
  if (stored.kind == wire::GUIDANCE) TRY(note_guidance(stored, recipients));
  TRY(collaboration_->on_message(step, sender, message, stored.body));
  // The rules are first: a report that one of them puts aside is not believed.
  TRY_ASSIGN(const bool aside, instructions_->on_data(step, subject_of(stored, message)));
  const bool answers = wire::is_report(stored.kind) || stored.kind == wire::REPLY;
  if (aside || !answers || !stored.in_reply_to) return {};
  TRY_ASSIGN(const bool judged, judge_job(step, sender, message, stored.body, recipients));
  return judged ? Status() : apply_report(step, session, sender, message, stored.body);
}

/// What must be followed is kept until it is opened: rules ask for it.
Status Ingest::note_guidance(const store::StoredMessage& guidance,
                             const Directory::Resolved& recipients) {
  wire::Body body;
  if (!body.ParseFromString(guidance.body) ||
      wire::entry_of(body, "guidance", "must_follow") != "yes") {
    return {};
  }
  const std::string project = wire::entry_of(body, "project", "id");
  if (project.empty()) return {};
  for (const store::ClientId client : recipients.clients) {
    TRY(probes_->insert_must_read(guidance.seq, client, project));
  }
  return {};
}

Result<bool> Ingest::judge_job(Step& step, const store::Client& sender, const wire::Message& report,
                               const std::string& body, const Directory::Resolved& recipients) {
  const std::string word = job_word_of(report, body);
  const std::optional<MessageId> about = parse_uuid(report.in_reply_to());
  if (word.empty() || !about) return false;
  TRY_ASSIGN(auto row, store_->message_by_id(*about));
  wire::Message envelope;
  if (!row || row->kind != wire::TASK || !read_envelope(*row, &envelope)) return false;
  wire::Body task;
  const bool readable = task.ParseFromString(row->body);
  const auto manager =
      wire::parse_addresses(readable ? wire::entry_of(task, "job", "pm") : std::string());
  const std::string who = Directory::address_of(sender);
  const bool is_manager = manager.ok() && manager->size() == 1 &&
                          wire::format_address(manager->front()) == who;
  if (who != envelope.sender() && !is_manager) return false;
  Subject subject = subject_of(*row, envelope);
  for (const store::ClientId client : recipients.clients) {
    TRY_ASSIGN(auto delivery, store_->delivery(row->seq, client));
    if (word != "rework" || !delivery || delivery->state != store::DeliveryState::kDone) continue;
    delivery->state = store::DeliveryState::kStarted;  // its stages count again
    delivery->state_us = step.wall_us();
    delivery->reason = word;
    TRY(store_->update_delivery(*delivery));
  }
  step.happened(word.c_str(), *about, who, "");
  if (subject.state != word) TRY(instructions_->set_state(step, std::move(subject), word, who));
  return true;
}

Status Ingest::apply_report(Step& step, const Session& session, const store::Client& sender,
                            const wire::Message& report, const std::string& body) {
  const std::optional<MessageId> about = parse_uuid(report.in_reply_to());
  if (!about) return {};
  std::optional<Reported> reported;
  if (report.kind() == wire::REPLY) {
    if (!instructions_->minds("replied")) return {};
  } else {
    reported = read_report(report, body);
    if (!reported) return {};
  }
  TRY_ASSIGN(auto row, store_->message_by_id(*about));
  if (!row) return {};
  TRY_ASSIGN(auto delivery, store_->delivery(row->seq, sender.id));
  // Only who received a message can report on it; another's report is relayed and changes nothing.
  if (!delivery) return {};
  wire::Message envelope;
  // Of a damaged message nothing is left for the rules to see; that it was reported on counts.
  const bool readable = read_envelope(*row, &envelope);
  Subject subject = subject_of(*row, envelope);
  if (!reported) {
    if (readable) TRY(activate(step, session, sender, subject, "replied", step.wall_us()));
    return {};
  }

  // By the reporter's own clock, less what that is ahead: it may have been without a network.
  const std::int64_t at_us =
      reported->at_us == 0 ? step.wall_us() : reported->at_us - session.clock_offset_us;
  bool moved_on = !readable;
  if (readable) {
    TRY_ASSIGN(moved_on, activate(step, session, sender, subject, reported->word,
                                  std::clamp(at_us, std::min(row->stored_us, step.wall_us()),
                                             step.wall_us())));
  }
  const bool made_good = reported->after_end && delivery->state == store::DeliveryState::kFailed &&
                         reported->state == store::DeliveryState::kDone;
  // What was delivered and is paused since, for its source has changed, is taken up again.
  const bool resumed = delivery->state == store::DeliveryState::kDone && !reported->counts &&
                       lifts_pause(subject.state, reported->data_state);
  if (advances(delivery->state, reported->state) || made_good || resumed) {
    if (delivery->delivered_us == 0) delivery->delivered_us = step.wall_us();
    delivery->state = reported->state;
    delivery->state_us = step.wall_us();
    delivery->reason = reported->reason;
    TRY(store_->update_delivery(*delivery));
    step.happened(store::delivery_state_name(reported->state), *about, report.sender(),
                  reported->reason);
    // Whatever is said of a message by its reader says that it was opened.
    if (row->kind == wire::GUIDANCE) TRY(probes_->remove_must_read(row->seq, sender.id));
  } else if (!may_follow(*delivery, *reported, subject.state)) {
    return {};
  }
  // An agent counts by itself what is done; only a word of somebody's lifts a pause.
  if (reported->counts && subject.state == "paused") return {};
  // A rule of the activation may have set another state already: the word of the rule stands.
  if (moved_on || reported->data_state == subject.state) return {};
  return instructions_->set_state(step, std::move(subject), reported->data_state,
                                  Directory::address_of(sender));
}

Result<bool> Ingest::activate(Step& step, const Session& session, const store::Client& sender,
                              const Subject& subject, const std::string& state,
                              std::int64_t at_us) {
  if (!instructions_->minds(state)) return false;
  return instructions_->on_activation(
      step, subject,
      activation_of(sender, session.address, subject.seq, state, at_us, step.wall_us()));
}

}  // namespace yizhan::broker
