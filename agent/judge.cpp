#include "agent/judge.h"

#include <algorithm>
#include <utility>

#include "agent/outgoing.h"
#include "agent/reports.h"
#include "agent/signature.h"
#include "wire/address.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

Judgement rejected(const std::string& why) {
  return {Judgement::kRejected, why};
}

std::string at(std::int64_t us) {
  return format_time(from_micros(us));
}

/// "li.wei" and "user:li.wei" are one address.
bool same_address(const std::string& a, const std::string& b) {
  const auto first = wire::parse_addresses(a);
  const auto second = wire::parse_addresses(b);
  return first.ok() && second.ok() && *first == *second;
}

bool among_recipients(const Context& context, const wire::Message& message) {
  const auto addresses = wire::parse_addresses(message.recipient());
  if (!addresses.ok()) return false;
  const auto& macs = context.machine.mac;
  return std::any_of(addresses->begin(), addresses->end(), [&](const wire::Address& one) {
    if (one.kind == "mac") return std::find(macs.begin(), macs.end(), one.value) != macs.end();
    return context.is_me(wire::format_address(one));
  });
}

/// Its id is in the outbox or beyond: the same message again, or another one under its id.
Result<Judgement> judge_known(Context& context, const wire::Message& message,
                              const store::ClientStore::Existing& existing,
                              const std::string& claimed) {
  const MessageId id = wire::id_of(message);
  TRY_ASSIGN(const auto row, context.store.outgoing(id));
  const std::string first =
      "from " + shown(existing.origin) + (row ? " at " + at(row->accepted_us) : "");
  if (existing.content_hash != wire::content_hash(message)) {
    return rejected("id " + format_uuid(id) + " was used before, with other content, " + first +
                    "; give a new message a new id");
  }
  if (row && !claimed.empty() && row->claimed == claimed) {
    // The agent ended between storing the message and moving its file on.
    return Judgement{Judgement::kTaken,
                     "accepted at " + at(row->accepted_us) + ": message " + format_uuid(id)};
  }
  std::string text = "already taken, " + first + ": message " + format_uuid(id) + ", now " +
                     store::outgoing_state_name(existing.state);
  if (row && !row->reason.empty()) text += " (" + shown(row->reason) + ")";
  return Judgement{Judgement::kKnown, text};
}

Result<Judgement> judge_outgoing(Context& context, const wire::Message& message,
                                 const std::string& origin, const std::string& claimed) {
  const MessageId id = wire::id_of(message);
  TRY_ASSIGN(const auto existing, context.store.find_outgoing(id));
  if (existing) return judge_known(context, message, *existing, claimed);
  TRY_ASSIGN(const auto incoming, context.store.incoming(id));
  if (incoming) {
    wire::Message received;
    if (received.ParseFromString(incoming->message) &&
        wire::content_hash(received) == wire::content_hash(message)) {
      // Dropped on another machine as well, which was first: one message.
      return Judgement{Judgement::kKnown, "already sent by " + shown(incoming->sender) +
                                              ": message " + format_uuid(id)};
    }
    return rejected("id " + format_uuid(id) + " is that of a message received from " +
                    shown(incoming->sender) + "; give a new message a new id");
  }
  const std::int64_t expires = wire::expires_us(message);
  if (expires != 0 && expires <= context.wall_us()) {
    return rejected("it expired at " + shown(message.expires()) + ", before it was dropped");
  }
  TRY(queue_outgoing(context, message, origin, claimed));
  return Judgement{Judgement::kTaken, "accepted at " + at(context.wall_us()) + ": message " +
                                          format_uuid(id) + ", " + wire::kind_name(message.kind()) +
                                          " to " + shown(message.recipient())};
}

Result<Judgement> open_incoming(Context& context, const wire::Message& message,
                                store::Incoming row) {
  wire::Message stored;
  if (row.damaged || !stored.ParseFromString(row.message))
    return rejected("its stored copy cannot be read");
  if (wire::content_hash(stored) != wire::content_hash(message)) {
    return rejected("it differs from message " + format_uuid(row.id) + " as received from " +
                    shown(row.sender) + " at " + at(row.received_us));
  }
  if (row.opened_us == 0) {
    row.opened_us = context.wall_us();
    TRY(context.begin_write());
    TRY(context.store.update_incoming(row));
    context.event("opened", &row.id, {{"from", row.sender}});
    TRY(say_report(context, stored, "opened", {}));
  }
  return Judgement{Judgement::kOpened, "opened at " + at(row.opened_us) + ": message " +
                                           format_uuid(row.id) + " from " + shown(row.sender) +
                                           ", " + store::incoming_state_name(row.state)};
}

/// From somebody else to me, and the broker has not brought it: only its signature can vouch for
/// it.
Result<Judgement> judge_unknown(Context& context, Inbox& inbox, const wire::Message& message) {
  const std::string id = format_uuid(wire::id_of(message));
  const auto signer = find_signer(message, context.options.trusted);
  if (!signer.ok()) {
    return rejected("unverified: the broker did not bring message " + id + " from " +
                    shown(message.sender()) + ", and " + signer.error().message +
                    "; nothing was started. Ask the sender to send it through the broker");
  }
  const std::int64_t expires = wire::expires_us(message);
  if (expires != 0 && expires <= context.wall_us()) {
    return rejected("it expired at " + shown(message.expires()) + ", before it was opened");
  }
  wire::Message stamped = message;
  stamped.set_sender("user:" + (*signer)->user);
  TRY_ASSIGN(const auto row, inbox.take_file(stamped));
  if (!row) {
    return rejected("message " + id + " was received before, and has been removed since");
  }
  return Judgement{Judgement::kOpened, "opened at " + at(row->opened_us) + ": message " + id +
                                           " from " + shown(row->sender) + ", signed by [trust " +
                                           shown((*signer)->name) + "], " +
                                           store::incoming_state_name(row->state)};
}

}  // namespace

Result<Judgement> judge(Context& context, Inbox& inbox, const wire::Message& message,
                        const std::string& origin, const std::string& claimed) {
  if (const Status checked = wire::check_message(message); !checked.ok()) {
    return rejected(checked.error().message);
  }
  const std::string& sender = message.sender();
  if (sender.empty() || context.is_me(sender)) {
    return judge_outgoing(context, message, origin, claimed);
  }
  TRY_ASSIGN(auto row, context.store.incoming(wire::id_of(message)));
  if (row && same_address(row->sender, sender))
    return open_incoming(context, message, std::move(*row));
  if (row) {
    return rejected("unverified: message " + format_uuid(row->id) + " was received from " +
                    shown(row->sender) + ", not from " + shown(sender) + "; nothing was started");
  }
  if (among_recipients(context, message)) return judge_unknown(context, inbox, message);
  return rejected("neither its sender, " + shown(sender) + ", nor its recipient, " +
                  shown(message.recipient()) + ", is this agent (" + context.user_address +
                  ", code:" + context.unique_code + ")");
}

}  // namespace yizhan::agent
