#include "agent/outbox.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "agent/outgoing.h"
#include "store/row_hash.h"
#include "wire/codec.h"
#include "wire/limits.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

using store::Outgoing;
using store::OutgoingState;

constexpr Micros kAnswerTimeout = std::chrono::seconds(30);
constexpr Micros kLongestRepeat = std::chrono::minutes(5);
constexpr Micros kFirstPause = std::chrono::seconds(1);
constexpr Micros kLongestPause = std::chrono::seconds(30);
constexpr Micros kExpiryInterval = std::chrono::seconds(1);
constexpr int kExpiryBatch = 256;
// Messages put off or waiting for attachments are remembered up to here; then nothing new is read.
constexpr std::size_t kMaxFlights = 4 * wire::kPushWindowMessages;
// Messages for further full mailboxes are put off one by one.
constexpr std::size_t kMaxHeld = 1000;

}  // namespace

void Outbox::restart() {
  flights_.clear();
  due_.clear();
  held_.clear();
  in_air_ = 0;
  cursor_ = 0;
  more_ = true;
  paused_until_ = {};
  pauses_ = 0;
  uploads_.reset();
}

Steady Outbox::next_wakeup(bool open) const {
  if (!open) return Steady::max();
  Steady next = uploads_.next_wakeup();
  if (!due_.empty()) next = std::min(next, std::max(due_.begin()->first, paused_until_));
  for (const auto& [recipient, held] : held_) {
    next = std::min(next, std::max(held.due, paused_until_));
  }
  if (more_ && flights_.size() < kMaxFlights && in_air_ < wire::kPushWindowMessages) {
    next = std::min(next, paused_until_);
  }
  return next;
}

Status Outbox::work(bool open) {
  TRY(expire());
  if (std::exchange(context_.queued, false)) more_ = true;
  if (!open) return {};
  while (auto failed = uploads_.pump()) TRY(on_upload_end(*failed));
  if (context_.now.steady < paused_until_) return {};
  launch_probes();
  TRY(push_due());
  TRY(push_new());
  flush_push();
  return {};
}

// ---- pushing

void Outbox::schedule(const MessageId& id, Flight& flight, Micros after) {
  unschedule(id, flight);
  flight.due = context_.now.steady + after;
  due_.emplace(flight.due, id);
}

void Outbox::unschedule(const MessageId& id, const Flight& flight) {
  due_.erase({flight.due, id});
}

void Outbox::land(Flights::iterator flight) {
  unschedule(flight->first, flight->second);
  if (flight->second.waiting) --in_air_;
  flights_.erase(flight);
}

Status Outbox::push_new() {
  while (more_ && flights_.size() < kMaxFlights && in_air_ < wire::kPushWindowMessages) {
    const int room =
        static_cast<int>(std::min(wire::kBatchMessages, wire::kPushWindowMessages - in_air_));
    TRY_ASSIGN(const auto rows, context_.store.outbox(cursor_, room));
    more_ = static_cast<int>(rows.size()) == room;
    for (const Outgoing& row : rows) {
      cursor_ = row.seq;
      if (is_held(row)) continue;
      const auto [flight, fresh] = flights_.try_emplace(row.id);
      if (!fresh) continue;
      flight->second.seq = row.seq;
      TRY(push(row, flight));
    }
  }
  return {};
}

Status Outbox::push_due() {
  while (!due_.empty() && due_.begin()->first <= context_.now.steady) {
    const MessageId id = due_.begin()->second;
    const auto flight = flights_.find(id);
    if (flight == flights_.end()) {
      due_.erase(due_.begin());
      continue;
    }
    TRY_ASSIGN(const auto row, context_.store.outgoing(id));
    if (!row || row->state != OutgoingState::kQueued) {
      land(flight);
      if (row) release(*row, false);
    } else {
      TRY(push(*row, flight));
    }
  }
  return {};
}

Status Outbox::push(const Outgoing& row, Flights::iterator flight) {
  wire::Push* push = batch_.mutable_push();
  const bool full = batch_bytes_ + row.message.size() > wire::kBatchBytes ||
                    push->messages_size() >= static_cast<int>(wire::kBatchMessages);
  if (full && push->messages_size() > 0) {
    flush_push();
    push = batch_.mutable_push();
  }
  if (row.damaged || !push->add_messages()->ParseFromString(row.message)) {
    if (!row.damaged) push->mutable_messages()->RemoveLast();
    land(flight);
    return finish(row, OutgoingState::kDead,
                  row.damaged ? store::kDamagedRow : "its stored copy cannot be read");
  }
  batch_bytes_ += row.message.size();
  Flight& pushed = flight->second;
  if (!pushed.waiting) ++in_air_;
  pushed.waiting = true;
  schedule(row.id, pushed,
           backoff(context_.random, pushed.attempts++, 2 * kAnswerTimeout, kLongestRepeat));
  return {};
}

void Outbox::flush_push() {
  if (batch_.has_push() && batch_.push().messages_size() > 0) context_.send(batch_);
  batch_.Clear();
  batch_bytes_ = 0;
}

// ---- full mailboxes

/// Whether the row has to wait for room in its recipients' mailbox; it is then read again later.
bool Outbox::is_held(const Outgoing& row) {
  const auto held = held_.find(row.recipient);
  if (held == held_.end()) return false;
  held->second.from = std::min(held->second.from, row.seq);
  return true;
}

/// The recipients of this flight have no room. False if too many others are held already.
Result<bool> Outbox::hold(Flights::iterator flight) {
  TRY_ASSIGN(const auto row, context_.store.outgoing(flight->first));
  if (!row || (held_.size() >= kMaxHeld && held_.count(row->recipient) == 0)) return false;
  const auto [one, fresh] = held_.try_emplace(row->recipient);
  Held& held = one->second;
  if (fresh) {
    held.probe = row->id;
    held.from = row->seq;
  }
  held.from = std::min(held.from, row->seq);
  if (held.probe == row->id) {
    held.due =
        context_.now.steady + backoff(context_.random, held.attempts++, kFirstPause, kLongestPause);
  }
  land(flight);
  return true;
}

/// There is room for these recipients again, or the message that asks for it is no more and another
/// must: what is held goes on where it was left.
void Outbox::release(const Outgoing& row, bool has_room) {
  const auto held = std::find_if(held_.begin(), held_.end(), [&](const auto& one) {
    return one.second.probe == row.id || (has_room && one.first == row.recipient);
  });
  if (held == held_.end()) return;
  cursor_ = std::min(cursor_, held->second.from - 1);
  more_ = true;
  held_.erase(held);
}

void Outbox::launch_probes() {
  for (auto& [recipient, held] : held_) {
    if (held.due > context_.now.steady) continue;
    held.due = Steady::max();
    schedule(held.probe, flights_[held.probe], Micros{0});
  }
}

// ---- answers

Status Outbox::on_result(const wire::PushResult& result) {
  int later = 0;
  for (const wire::PushResult::One& one : result.results()) {
    const auto id = MessageId::from(one.id());
    if (!id) continue;
    if (one.outcome() == wire::PushResult::One::LATER && one.reason().empty()) ++later;
    TRY(settle(*id, one));
  }
  if (later == 0 || later < result.results_size()) {
    pauses_ = 0;
  } else {
    // Everything is put off: the broker's store is away, and more pushes would not help.
    paused_until_ =
        context_.now.steady + backoff(context_.random, pauses_++, kFirstPause, kLongestPause);
  }
  return {};
}

Status Outbox::settle(const MessageId& id, const wire::PushResult::One& one) {
  const auto flight = flights_.find(id);
  switch (one.outcome()) {
    case wire::PushResult::One::STORED:
      if (flight != flights_.end()) land(flight);
      return stored(id, static_cast<int>(std::min<std::uint32_t>(one.recipients(), INT32_MAX)));
    case wire::PushResult::One::REFUSED:
      if (flight != flights_.end()) land(flight);
      return finish(id, OutgoingState::kDead,
                    one.reason().empty() ? "refused by the broker" : shown(one.reason()));
    case wire::PushResult::One::BLOBS_MISSING: {
      if (flight == flights_.end() || !flight->second.waiting) return {};
      --in_air_;
      flight->second.waiting = false;
      for (const std::string& raw : one.missing()) {
        const auto hash = Sha256::from(raw);
        if (!hash) continue;
        flight->second.missing.insert(*hash);
        uploads_.want(*hash);
      }
      // Pushed again when the last of them is there; the timer is for an answer that got lost.
      schedule(id, flight->second, kLongestRepeat);
      return {};
    }
    case wire::PushResult::One::LATER:
    default:
      if (flight == flights_.end() || !flight->second.waiting) return {};
      if (!one.reason().empty()) {
        TRY_ASSIGN(const bool held, hold(flight));
        if (held) return {};
      }
      --in_air_;
      flight->second.waiting = false;
      schedule(id, flight->second,
               backoff(context_.random, flight->second.attempts, kFirstPause, kLongestPause));
      return {};
  }
}

Status Outbox::stored(const MessageId& id, int recipients) {
  TRY_ASSIGN(auto row, context_.store.outgoing(id));
  if (!row) return {};
  release(*row, true);
  // An expiry of ours that crossed the broker's answer gives way: it has been relayed.
  if (row->state != OutgoingState::kQueued && row->state != OutgoingState::kExpired) return {};
  row->state = OutgoingState::kStored;
  row->stored_us = context_.wall_us();
  row->recipients = recipients;
  row->reason.clear();
  TRY(change_outgoing(context_, *row));
  return settle_outgoing(context_, *row);
}

Status Outbox::finish(const MessageId& id, OutgoingState state, const std::string& reason) {
  TRY_ASSIGN(auto row, context_.store.outgoing(id));
  return row ? finish(std::move(*row), state, reason) : Status();
}

Status Outbox::finish(Outgoing row, OutgoingState state, const std::string& reason) {
  release(row, false);
  if (row.state != OutgoingState::kQueued) return {};
  row.state = state;
  row.reason = reason;
  if (!wire::is_report(row.kind)) {
    context_.warn("message " + format_uuid(row.id) + " is " + store::outgoing_state_name(state) +
                  ": " + reason);
  }
  return change_outgoing(context_, row);
}

Status Outbox::on_blob_state(const wire::BlobState& state) {
  if (const auto end = uploads_.on_state(state)) TRY(on_upload_end(*end));
  return {};
}

/// All messages that waited for this attachment go on: to the broker again, or to the dead.
Status Outbox::on_upload_end(const Uploads::End& end) {
  std::vector<MessageId> concerned;
  for (auto& [id, flight] : flights_) {
    if (flight.missing.erase(end.hash) != 0) concerned.push_back(id);
  }
  for (const MessageId& id : concerned) {
    const auto flight = flights_.find(id);
    if (!end.failure.empty()) {
      land(flight);
      TRY(finish(id, OutgoingState::kDead,
                 "attachment " + to_hex(end.hash) + ": " + shown(end.failure)));
    } else if (flight->second.missing.empty()) {
      schedule(id, flight->second, Micros{0});
    }
  }
  return {};
}

// ---- ends

Status Outbox::expire() {
  if (context_.now.steady < next_expiry_) return {};
  next_expiry_ = context_.now.steady + kExpiryInterval;
  TRY_ASSIGN(const auto rows, context_.store.expired_outgoing(context_.wall_us(), kExpiryBatch));
  for (const Outgoing& row : rows) {
    if (const auto flight = flights_.find(row.id); flight != flights_.end()) land(flight);
    if (row.damaged) {
      TRY(finish(row, OutgoingState::kDead, store::kDamagedRow));
      continue;
    }
    TRY(finish(row.id, OutgoingState::kExpired,
               "it expired at " + format_time(from_micros(row.expires_us)) +
                   " before the broker took it"));
  }
  return {};
}

Result<Outgoing> Outbox::dead_one(const MessageId& id) {
  TRY_ASSIGN(auto row, context_.store.outgoing(id));
  if (!row) return Error{Code::kNotFound, "no message " + format_uuid(id) + " was sent from here"};
  if (row->state != OutgoingState::kDead) {
    return Error{Code::kInvalid, "message " + format_uuid(id) + " is not dead but " +
                                     store::outgoing_state_name(row->state)};
  }
  return std::move(*row);
}

Status Outbox::retry(const MessageId& id) {
  TRY_ASSIGN(Outgoing row, dead_one(id));
  if (row.damaged) {
    return Error{Code::kInvalid,
                 std::string(store::kDamagedRow) + "; drop its task file again, under a new id"};
  }
  row.state = OutgoingState::kQueued;
  row.reason.clear();
  TRY(change_outgoing(context_, row));
  // It lies before the cursor; a flight of its own brings it out again.
  Flight& flight = flights_[id];
  flight.seq = row.seq;
  schedule(id, flight, Micros{0});
  return {};
}

Status Outbox::drop(const MessageId& id) {
  TRY_ASSIGN(Outgoing row, dead_one(id));
  row.state = OutgoingState::kFailed;
  row.reason = "given up by hand; it was dead: " + row.reason;
  return change_outgoing(context_, row);
}

}  // namespace yizhan::agent
