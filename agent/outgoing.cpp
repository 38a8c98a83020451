#include "agent/outgoing.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::agent {

namespace {

using store::Outgoing;
using store::OutgoingState;

// A file name may have 255 bytes on disk; ours get a prefix or suffix, and a temporary one on top.
constexpr std::size_t kMaxNameKept = 200;

constexpr std::string_view kWatchOrigin = "watch:";

/// The path beside which results of this origin are written; empty if it is no managed folder.
std::string result_place(const AgentOptions& options, std::string_view origin,
                         std::string_view suffix) {
  if (origin.substr(0, kWatchOrigin.size()) != kWatchOrigin) return {};
  origin.remove_prefix(kWatchOrigin.size());
  const std::size_t slash = origin.rfind('/');  // file names have none, names of watches may
  if (slash == std::string_view::npos) return {};
  const std::string_view name = origin.substr(0, slash);
  for (const WatchOptions& watch : options.watches) {
    if (watch.managed && watch.name == name) {
      return result_path(watch.path, std::string(origin.substr(slash + 1)), suffix);
    }
  }
  return {};
}

/// Whether a recipient in `state` has reached what the sender asked for.
bool reached(int ack, const std::string& state) {
  static const std::set<std::string> kReplied = {"replied", "done"};
  static const std::set<std::string> kAccepted = {"accepted", "started", "replied", "done"};
  static const std::set<std::string> kOpened = {"opened", "accepted", "started", "replied", "done"};
  switch (ack) {
    case wire::ACK_NONE:
      return true;
    case wire::ACK_REPLIED:
      return kReplied.count(state) != 0;
    case wire::ACK_ACCEPTED:
      return kAccepted.count(state) != 0;
    case wire::ACK_OPENED:
      return kOpened.count(state) != 0;
    default:
      return state == "delivered" || kOpened.count(state) != 0;
  }
}

std::string result_text(const Outgoing& row, const std::vector<store::RecipientState>& recipients) {
  std::string text = "message " + format_uuid(row.id) + ": " + outgoing_state_name(row.state);
  if (!row.reason.empty()) text += ": " + shown(row.reason);
  text += "\n";
  for (const store::RecipientState& one : recipients) {
    text += shown(one.recipient) + ": " + shown(one.state) + " at " +
            format_time(from_micros(one.state_us));
    if (!one.reason.empty()) text += " (" + shown(one.reason) + ")";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string watch_origin(const std::string& watch, const std::string& file_name) {
  return std::string(kWatchOrigin) + watch + "/" + file_name;
}

std::string result_path(const std::string& folder, const std::string& file_name,
                        std::string_view suffix) {
  std::size_t size = std::min(file_name.size(), kMaxNameKept);
  if (size < file_name.size()) {
    while (size > 0 && (static_cast<unsigned char>(file_name[size]) & 0xC0u) == 0x80) --size;
  }
  return folder + "/" + file_name.substr(0, size) + std::string(suffix);
}

Status queue_outgoing(Context& context, const wire::Message& message, const std::string& origin,
                      const std::string& claimed) {
  Outgoing row;
  row.id = wire::id_of(message);
  row.kind = message.kind();
  row.ack = message.ack();
  row.recipient = message.recipient();
  row.accepted_us = row.state_us = context.wall_us();
  row.expires_us = wire::expires_us(message);
  row.content_hash = wire::content_hash(message);
  row.origin = origin;
  row.claimed = claimed;
  row.message = message.SerializeAsString();
  TRY(context.begin_write());
  const auto inserted = context.store.insert_outgoing(row);
  if (!inserted.ok()) return inserted.error();
  context.queued = true;
  context.event("queued", &row.id,
                {{"kind", wire::kind_name(row.kind)}, {"to", row.recipient}, {"origin", origin}});
  return {};
}

Status change_outgoing(Context& context, Outgoing& row) {
  row.state_us = context.wall_us();
  row.claimed.clear();  // a step moves on what it has claimed before the next one begins
  TRY(context.begin_write());
  TRY(context.store.update_outgoing(row));
  Details details = {{"origin", row.origin}};
  if (!row.reason.empty()) details.emplace_back("reason", row.reason);
  context.event(outgoing_state_name(row.state), &row.id, details);
  if (row.state == OutgoingState::kDead || row.state == OutgoingState::kExpired) {
    const std::string path = result_place(context.options, row.origin, kRejectedSuffix);
    if (!path.empty()) context.after_commit(Context::Text{path, result_text(row, {})});
  }
  return {};
}

Status settle_outgoing(Context& context, Outgoing& row) {
  if (row.state != OutgoingState::kStored && row.state != OutgoingState::kDone &&
      row.state != OutgoingState::kFailed) {
    return {};
  }
  TRY_ASSIGN(const auto recipients, context.store.recipient_states(row.id));
  // A failure can be made good: by a delivery.
  OutgoingState state = row.state == OutgoingState::kFailed ? OutgoingState::kStored : row.state;
  int there = 0;
  for (const store::RecipientState& one : recipients) {
    if (reached(row.ack, one.state)) ++there;
    if (one.state == "failed" || one.state == "declined") {
      state = OutgoingState::kFailed;
      row.reason = one.state + " by " + one.recipient;
      if (!one.reason.empty()) row.reason += ": " + one.reason;
    }
  }
  const bool all = row.ack == wire::ACK_NONE || (row.recipients > 0 && there >= row.recipients);
  if (state == OutgoingState::kStored && all) state = OutgoingState::kDone;
  if (state != row.state) {
    if (state != OutgoingState::kFailed) row.reason.clear();
    row.state = state;
    TRY(change_outgoing(context, row));
  }
  if (state == OutgoingState::kStored || recipients.empty()) return {};
  const std::string path = result_place(context.options, row.origin, kDoneSuffix);
  if (!path.empty()) context.after_commit(Context::Text{path, result_text(row, recipients)});
  return {};
}

}  // namespace yizhan::agent
