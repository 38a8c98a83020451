#include "agent/inbox.h"

#include <optional>
#include <utility>
#include <vector>

#include "agent/reports.h"
#include "agent/signature.h"
#include "store/row_hash.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

using store::Incoming;
using store::IncomingState;
using Answer = wire::DeliverResult::One;

constexpr int kRecoverBatch = 256;
// Rides on other wake-ups. The broker's own expiry comes first, whatever the clocks do.
constexpr Micros kExpiryInterval = std::chrono::minutes(1);
constexpr Micros kExpiryGrace = std::chrono::minutes(1);

/// What is shown as signed has to be what is done.
Status check_signed_copy(const wire::Message& message) {
  return message.signed_file().empty() ? Status() : check_signed_file(message);
}

bool read_stored(const Incoming& row, wire::Message* message) {
  return !row.damaged && message->ParseFromString(row.message);
}

}  // namespace

Status Inbox::recover() {
  store::LocalSeq after = 0;
  while (true) {
    TRY_ASSIGN(auto rows,
               context_.store.incoming_in_state(IncomingState::kFetching, after, kRecoverBatch));
    if (rows.empty()) return {};
    after = rows.back().seq;
    for (Incoming& row : rows) {
      wire::Message message;
      if (!read_stored(row, &message)) {
        TRY(give_up(row, store::kDamagedRow));
        continue;
      }
      // The last attachment may have come just before the end.
      if (fetch(message)) TRY(complete(row.id, ""));
    }
  }
}

void Inbox::answer(std::uint64_t broker_seq, Outcome outcome, const std::string& reason) {
  Answer* one = answers_.mutable_deliver_result()->add_results();
  one->set_seq(broker_seq);
  one->set_outcome(outcome);
  if (!reason.empty()) one->set_reason(shown(reason));
}

Status Inbox::on_deliver(const wire::Deliver& deliver) {
  for (const wire::Deliver::One& delivery : deliver.deliveries()) TRY(receive(delivery));
  return {};
}

Status Inbox::receive(const wire::Deliver::One& delivery) {
  const wire::Message& message = delivery.message();
  if (const Status checked = wire::check_message(message); !checked.ok()) {
    answer(delivery.seq(), Answer::REFUSED, checked.error().message);
    context_.warn("refused a delivery of the broker: " + checked.error().message);
    return {};
  }
  if (const Status same = check_signed_copy(message); !same.ok()) {
    answer(delivery.seq(), Answer::REFUSED, same.error().message);
    context_.warn("refused a delivery of the broker: " + same.error().message);
    return {};
  }
  TRY_ASSIGN(auto known, context_.store.incoming(wire::id_of(message)));
  if (known) return receive_again(std::move(*known), delivery);

  Incoming row = new_row(message);
  row.broker_seq = delivery.seq();
  TRY(context_.begin_write());
  if (!fetch(message)) {
    const auto inserted = context_.store.insert_incoming(row);
    const bool purged = !inserted.ok() && inserted.error().code == Code::kConflict;
    if (!inserted.ok() && !purged) return inserted.error();
    answer(row.broker_seq, purged ? Answer::DELIVERED : Answer::HELD);
    return {};
  }
  TRY(take(row, message));  // an id that retention removed was delivered once as well
  answer(row.broker_seq, Answer::DELIVERED);
  return {};
}

Incoming Inbox::new_row(const wire::Message& message) const {
  Incoming row;
  row.id = wire::id_of(message);
  row.kind = message.kind();
  row.sender = message.sender();
  row.in_reply_to = message.in_reply_to();
  row.received_us = row.state_us = context_.wall_us();
  row.message = message.SerializeAsString();
  return row;
}

/// A new message without anything to wait for: one row, in its final state at once.
Result<bool> Inbox::take(Incoming& row, const wire::Message& message) {
  // The row comes first, because an id that retention has purged must not start anything again.
  row.state = wire::is_report(row.kind) ? IncomingState::kDone : IncomingState::kReady;
  const auto inserted = context_.store.insert_incoming(row);
  if (!inserted.ok() && inserted.error().code != Code::kConflict) return inserted.error();
  if (!inserted.ok()) return false;
  row.seq = *inserted;
  const IncomingState before = row.state;
  TRY(handlers_.take(row, message));
  if (row.state != before || !row.file.empty() || !row.reason.empty()) {
    TRY(context_.store.update_incoming(row));
  }
  TRY(take_report(context_, message));
  return true;
}

Result<std::optional<Incoming>> Inbox::take_file(const wire::Message& message) {
  Incoming row = new_row(message);
  row.opened_us = context_.wall_us();
  TRY(context_.begin_write());
  TRY_ASSIGN(const bool taken, take(row, message));
  if (!taken) return std::optional<Incoming>();
  context_.event("opened", &row.id, {{"from", row.sender}});
  TRY(say_report(context_, message, "opened", {}));
  return std::optional<Incoming>(std::move(row));
}

Status Inbox::receive_again(Incoming row, const wire::Deliver::One& delivery) {
  const std::uint64_t broker_seq = delivery.seq();
  wire::Message stored;
  const bool readable = read_stored(row, &stored);
  // The broker keeps ids apart; a signed file that came past it may have been first.
  if (readable && wire::content_hash(stored) != wire::content_hash(delivery.message())) {
    const std::string reason =
        "its id is that of another message, received from " + shown(row.sender);
    answer(broker_seq, Answer::REFUSED, reason);
    context_.warn("refused message " + format_uuid(row.id) + " of the broker: " + reason);
    return {};
  }
  if (row.state == IncomingState::kFetching && !readable) {
    TRY(give_up(row, store::kDamagedRow));
  }
  if (row.state != IncomingState::kFetching) {
    // What was given up for damage before it was whole has never been delivered.
    const bool refused = row.damaged && row.state == IncomingState::kFailed && row.handler.empty();
    answer(broker_seq, refused ? Answer::REFUSED : Answer::DELIVERED, refused ? row.reason : "");
    return {};
  }
  if (row.broker_seq != broker_seq) {
    row.broker_seq = broker_seq;
    TRY(context_.begin_write());
    TRY(context_.store.update_incoming(row));
  }
  if (fetch(delivery.message())) return complete(row.id, "");
  answer(broker_seq, Answer::HELD);
  return {};
}

/// Orders what the message's attachments lack. True if nothing does.
bool Inbox::fetch(const wire::Message& message) {
  bool whole = true;
  for (const wire::Attachment& attachment : message.attachments()) {
    const auto hash = Sha256::from(attachment.sha256());
    if (!hash || context_.blobs.has(*hash)) continue;
    whole = false;
    needed_by_[*hash].insert(wire::id_of(message));
    downloads_.want(*hash, attachment.size());
  }
  return whole;
}

Status Inbox::on_blob_chunk(const wire::BlobChunk& chunk) {
  TRY_ASSIGN(const auto end, downloads_.on_chunk(chunk));
  return end ? on_end(*end) : Status();
}

Status Inbox::on_blob_state(const wire::BlobState& state) {
  const auto end = downloads_.on_state(state);
  return end ? on_end(*end) : Status();
}

Status Inbox::on_end(const Downloads::End& end) {
  const auto needed = needed_by_.find(end.hash);
  if (needed == needed_by_.end()) return {};
  const std::set<MessageId> messages = std::move(needed->second);
  needed_by_.erase(needed);
  std::string failure;
  if (!end.failure.empty()) failure = "attachment " + to_hex(end.hash) + ": " + shown(end.failure);
  for (const MessageId& id : messages) TRY(complete(id, failure));
  return {};
}

/// Delivered, if this was the last attachment it waited for; refused, if one can never come.
Status Inbox::complete(const MessageId& id, const std::string& failure) {
  TRY_ASSIGN(auto row, context_.store.incoming(id));
  if (!row || row->state != IncomingState::kFetching) return {};
  wire::Message message;
  if (!read_stored(*row, &message)) {
    answer(row->broker_seq, Answer::REFUSED, store::kDamagedRow);
    return give_up(*row, store::kDamagedRow);
  }
  if (failure.empty() && !fetch(message)) return {};
  if (!failure.empty()) {
    answer(row->broker_seq, Answer::REFUSED, failure);
    return give_up(*row, failure);
  }
  TRY(context_.begin_write());
  answer(row->broker_seq, Answer::DELIVERED);
  TRY(handlers_.take(*row, message));
  TRY(context_.store.update_incoming(*row));
  return take_report(context_, message);
}

/// It never becomes whole.
Status Inbox::give_up(Incoming& row, const std::string& reason) {
  row.state = IncomingState::kFailed;
  row.state_us = context_.wall_us();
  row.reason = reason;
  context_.warn("message " + format_uuid(row.id) + " from " + shown(row.sender) + ": " + reason);
  context_.event("failed", &row.id, {{"reason", reason}});
  TRY(context_.begin_write());
  return context_.store.update_incoming(row);
}

Status Inbox::give_up_expired(std::int64_t broker_us) {
  TRY_ASSIGN(const auto rows, context_.store.incoming_in_state(IncomingState::kFetching,
                                                               expiry_after_, kRecoverBatch));
  // Those that never expire must not hide the others for ever.
  expiry_after_ = static_cast<int>(rows.size()) < kRecoverBatch ? 0 : rows.back().seq;
  for (const Incoming& row : rows) {
    wire::Message message;
    if (!read_stored(row, &message)) {
      TRY(complete(row.id, ""));
      continue;
    }
    const std::int64_t expires = wire::expires_us(message);
    if (expires == 0 || expires + kExpiryGrace.count() > broker_us) continue;
    TRY(complete(row.id, "expired before all of its attachments came"));
  }
  return {};
}

Status Inbox::work(bool open, Micros broker_ahead) {
  if (!open) {
    // Nobody hears it; the broker sends again whatever was not answered.
    answers_.Clear();
    return {};
  }
  if (context_.now.steady >= expiry_due_) {
    expiry_due_ = context_.now.steady + kExpiryInterval;
    TRY(give_up_expired(context_.wall_us() + broker_ahead.count()));
  }
  if (answers_.has_deliver_result()) context_.send(answers_);
  answers_.Clear();
  return downloads_.pump();
}

Steady Inbox::next_wakeup(bool open) const {
  return open ? downloads_.next_wakeup() : Steady::max();
}

}  // namespace yizhan::agent
