#include "broker/delivery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/reports.h"
#include "store/row_hash.h"
#include "wire/limits.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

namespace {

/// Fills `one` from a stored row; false if the row does not hold a message.
bool to_delivery(const store::StoredMessage& stored, wire::Deliver::One* one) {
  one->set_seq(static_cast<std::uint64_t>(stored.seq));
  one->set_stored_us(stored.stored_us);
  if (!read_envelope(stored, one->mutable_message())) return false;
  one->mutable_message()->set_body(stored.body);
  return true;
}

}  // namespace

Result<Delivery::Queued> Delivery::queue(Step& step, store::MessageSeq seq, const MessageId& id,
                                         store::ClientId client, std::string_view cause) {
  TRY_ASSIGN(const bool room, mailboxes_->has_room(step, client, id));
  TRY_ASSIGN(const bool queued, store_->insert_delivery(seq, client, step.wall_us(), cause));
  if (!queued) return Queued::kBefore;
  if (room) {
    sessions_->mark_mail(client, seq);
    return Queued::kNow;
  }
  // Counted and kept like any other, so that an operator finds it and nothing is lost unseen.
  store::Delivery parked;
  parked.message = seq;
  parked.client = client;
  TRY(bury(step, id, std::move(parked), kFullMailboxReason));
  return Queued::kParked;
}

/// The delivery is given up, with its reason, until somebody says otherwise.
Status Delivery::bury(Step& step, const MessageId& id, store::Delivery delivery,
                      std::string reason) {
  delivery.state = store::DeliveryState::kDead;
  delivery.state_us = step.wall_us();
  delivery.reason = std::move(reason);
  step.happened("dead", id, "", delivery.reason);
  return store_->update_delivery(delivery);
}

Status Delivery::pump(Step& step) {
  // Sessions are visited once each: what does not fit the window waits for the agent's answers.
  const std::set<PeerId> peers = std::exchange(sessions_->dirty, {});
  for (const PeerId& peer : peers) {
    Session* session = sessions_->by_peer(peer);
    if (session == nullptr) continue;
    bool more = true;
    while (more) TRY(send_batch(step, *session, &more));
  }
  return {};
}

Status Delivery::send_batch(Step& step, Session& session, bool* more) {
  *more = false;
  const std::size_t in_flight = session.in_flight.size();
  if (in_flight >= wire::kDeliverWindowMessages ||
      session.in_flight_bytes >= wire::kDeliverWindowBytes) {
    return {};
  }
  const int room =
      static_cast<int>(std::min(wire::kBatchMessages, wire::kDeliverWindowMessages - in_flight));

  std::vector<store::StoredMessage> batch;
  const bool from_again = !session.again.empty();
  if (from_again) {
    while (!session.again.empty() && static_cast<int>(batch.size()) < room) {
      const store::MessageSeq seq = *session.again.begin();
      session.again.erase(session.again.begin());
      TRY_ASSIGN(const auto delivery, store_->delivery(seq, session.client));
      if (!delivery || delivery->state != store::DeliveryState::kQueued) continue;
      TRY_ASSIGN(auto stored, store_->message(seq));
      if (stored) batch.push_back(std::move(*stored));
    }
  } else if (session.has_mail) {
    TRY_ASSIGN(batch, store_->mailbox(session.client, session.cursor, room));
    if (batch.empty()) session.has_mail = false;
  }
  *more = !session.again.empty() || session.has_mail;

  wire::FromBroker frame;
  std::size_t bytes = 0;
  for (const store::StoredMessage& stored : batch) {
    const std::size_t size = stored.envelope.size() + stored.body.size();
    if (bytes != 0 && bytes + size > wire::kBatchBytes) {
      // The rest of the batch stays where it was and is read again.
      if (from_again) session.again.insert(stored.seq);
      *more = true;
      if (!from_again) break;
      continue;
    }
    wire::Deliver::One* one = frame.mutable_deliver()->add_deliveries();
    if (!from_again) session.cursor = stored.seq;
    if (!to_delivery(stored, one)) {
      frame.mutable_deliver()->mutable_deliveries()->RemoveLast();
      store::Delivery dead;
      dead.message = stored.seq;
      dead.client = session.client;
      // It alone: whoever waits behind it is not to blame.
      const std::string reason =
          stored.damaged ? store::kDamagedRow : "the stored envelope cannot be read";
      step.log(LogLine::kError, "delivery of " + format_uuid(stored.id) + " (seq " +
                                    std::to_string(stored.seq) + ") is dead: " + reason);
      TRY(bury(step, stored.id, std::move(dead), reason));
      continue;
    }
    bytes += size;
    InFlight sent;
    sent.id = stored.id;
    sent.sender = stored.sender;
    sent.ack = stored.ack;
    sent.kind = stored.kind;
    sent.bytes = size;
    sent.sent = step.steady();
    for (const wire::Attachment& attachment : one->message().attachments()) {
      if (const auto hash = Sha256::from(attachment.sha256())) session.readable.insert(*hash);
    }
    session.in_flight.emplace(stored.seq, sent);
    session.in_flight_bytes += size;
  }
  if (frame.deliver().deliveries_size() > 0) {
    step.send(session.peer, frame);
    const Steady due = step.steady() + kDeliveryTimeout;
    if (!next_resend_ || due < *next_resend_) next_resend_ = due;
  }
  return {};
}

Status Delivery::on_result(Step& step, Session& session, const wire::DeliverResult& result) {
  for (const wire::DeliverResult::One& answer : result.results()) {
    TRY(settle(step, session, answer));
  }
  sessions_->dirty.insert(session.peer);
  return {};
}

Status Delivery::settle(Step& step, Session& session, const wire::DeliverResult::One& answer) {
  const auto seq = static_cast<store::MessageSeq>(answer.seq());
  const auto found = session.in_flight.find(seq);
  if (found == session.in_flight.end()) return {};  // answered before, or not ours to answer
  if (answer.outcome() == wire::DeliverResult::One::HELD) {
    found->second.held = true;
    return {};
  }
  const InFlight sent = found->second;
  session.in_flight_bytes -= sent.bytes;
  session.in_flight.erase(found);
  if (session.in_flight.empty()) session.readable.clear();

  store::Delivery delivery;
  delivery.message = seq;
  delivery.client = session.client;
  delivery.state_us = step.wall_us();
  if (answer.outcome() == wire::DeliverResult::One::DELIVERED) {
    delivery.state = store::DeliveryState::kDelivered;
    delivery.delivered_us = step.wall_us();
    TRY(store_->update_delivery(delivery));
    step.happened("delivered", sent.id, "");
    delivered_.push_back({seq, session.client, sent.kind});
    return tell_sender(step, sent, session.client);
  }
  const std::string reason =
      answer.reason().empty() ? "the recipient's agent refused it" : answer.reason();
  step.log(LogLine::kWarning, "delivery of " + format_uuid(sent.id) + " is dead: " + reason);
  return bury(step, sent.id, std::move(delivery), reason);
}

Status Delivery::tell_sender(Step& step, const InFlight& sent, store::ClientId recipient) {
  const bool asked = sent.ack >= wire::ACK_DELIVERED || sent.ack == wire::ACK_UNSPECIFIED;
  if (!asked || sent.sender == 0 || wire::is_report(sent.kind)) return {};
  TRY_ASSIGN(const store::Client* client, directory_->client(recipient));
  TRY_ASSIGN(const store::Client* sender, directory_->client(sent.sender));
  const store::StoredMessage receipt = delivered_receipt(
      sent.id, "code:" + sender->code, Directory::address_of(*client), client->code, step.wall());
  Result<store::MessageSeq> seq = store_->insert_message(receipt);
  if (!seq.ok()) {
    // Told before, in a step whose answer was lost.
    if (seq.error().code == Code::kConflict) return {};
    return seq.error();
  }
  TRY(queue(step, *seq, receipt.id, sent.sender, "receipt"));
  return {};
}

Status Delivery::on_time(Step& step) {
  if (next_resend_ && *next_resend_ <= step.steady()) {
    next_resend_.reset();
    for (const auto& [peer, unused] : sessions_->all()) {
      TRY(resend(step, *sessions_->by_peer(peer)));
    }
  }
  if (expiry_.is_due(step.wall_us())) TRY(expire(step));
  return {};
}

Status Delivery::resend(Step& step, Session& session) {
  std::vector<store::MessageSeq> late;
  for (const auto& [seq, sent] : session.in_flight) {
    if (sent.held) continue;
    const Steady due = sent.sent + kDeliveryTimeout;
    // Only a session that spoke after the sending can be blamed for not answering.
    if (due <= step.steady() && session.heard > sent.sent) {
      late.push_back(seq);
    } else {
      const Steady next = std::max(due, step.steady() + kDeliveryTimeout / 10);
      if (!next_resend_ || next < *next_resend_) next_resend_ = next;
    }
  }
  for (const store::MessageSeq seq : late) {
    session.in_flight_bytes -= session.in_flight.at(seq).bytes;
    session.in_flight.erase(seq);
    TRY_ASSIGN(auto delivery, store_->delivery(seq, session.client));
    if (!delivery || delivery->state != store::DeliveryState::kQueued) continue;
    delivery->attempts += 1;
    delivery->state_us = step.wall_us();
    if (delivery->attempts >= static_cast<int>(wire::kMaxDeliveryAttempts)) {
      delivery->state = store::DeliveryState::kDead;
      delivery->reason = "the agent was connected but did not acknowledge " +
                         std::to_string(delivery->attempts) + " deliveries of it";
    } else {
      session.again.insert(seq);
      sessions_->dirty.insert(session.peer);
    }
    TRY(store_->update_delivery(*delivery));
  }
  return {};
}

Status Delivery::expire(Step& step) {
  TRY_ASSIGN(const auto expired, store_->expired_deliveries(step.wall_us(), kExpiryBatch));
  for (store::Delivery delivery : expired) {
    delivery.state = store::DeliveryState::kExpired;
    delivery.state_us = step.wall_us();
    delivery.reason = "not taken before it expired";
    TRY(store_->update_delivery(delivery));
    if (Session* session = sessions_->by_client(delivery.client)) {
      if (const auto sent = session->in_flight.find(delivery.message);
          sent != session->in_flight.end()) {
        session->in_flight_bytes -= sent->second.bytes;
        session->in_flight.erase(sent);
      }
    }
  }
  TRY_ASSIGN(const std::int64_t next, store_->next_expiry());
  expiry_.set(next);
  return {};
}

void Delivery::note_expiry(std::int64_t expires_us) {
  expiry_.note(expires_us);
}

Status Delivery::recover() {
  TRY_ASSIGN(const std::int64_t next, store_->next_expiry());
  expiry_.set(next);
  return {};
}

std::optional<Steady> Delivery::next_wakeup(Now now) const {
  const std::optional<Steady> expiry = expiry_.next_wakeup(now);
  if (!next_resend_ || !expiry) return next_resend_ ? next_resend_ : expiry;
  return std::min(*next_resend_, *expiry);
}

}  // namespace yizhan::broker
