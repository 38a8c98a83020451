#include "broker/enrolment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rules/hours.h"
#include "wire/limits.h"

namespace yizhan::broker {

namespace {

constexpr std::size_t kMaxAttributeBytes = 255;  // of what an agent says of itself
constexpr int kMaxMacs = 16;

bool is_loopback(const std::string& address) {
  return address.rfind("127.", 0) == 0 || address == "::1" || address == "::ffff:127.0.0.1" ||
         address.empty();  // inproc and ipc have no address
}

std::string bounded(const std::string& text) {
  std::string clean;
  for (const char c : text.substr(0, kMaxAttributeBytes)) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) clean += c;
  }
  return clean;
}

void describe(const FrameIn& from, const wire::Hello& hello, store::Client* client) {
  client->host = bounded(hello.host());
  client->ip = from.address;
  client->epoch = hello.epoch();
  client->mac.clear();
  for (const std::string& mac : hello.mac()) {
    if (client->mac.size() < kMaxMacs) client->mac.push_back(bounded(mac));
  }
}

/// A zone that this server does not know is left out, and an agent that says none keeps the last.
void note_zone(Step& step, const wire::Hello& hello, store::Client* client) {
  const std::string zone = bounded(hello.time_zone());
  if (zone.empty() || zone == client->agent_zone) return;
  if (rules::Zone::named(zone).ok()) {
    client->agent_zone = zone;
    return;
  }
  step.log(LogLine::kInfo,
           "client " + client->code + " says that its time zone is \"" + zone +
               "\", which is not known here and is left out; an operator can set one: yizhan "
               "clients set " +
               client->code + " --zone ZONE");
}

}  // namespace

Status Enrolment::on_hello(Step& step, const FrameIn& from, const wire::Hello& hello) {
  if (hello.version() < wire::kOldestProtocolVersion) {
    return refuse(step, from, wire::Refused::VERSION,
                  "the broker speaks protocol " + std::to_string(wire::kOldestProtocolVersion) +
                      " to " + std::to_string(wire::kProtocolVersion) + ", the agent " +
                      std::to_string(hello.version()) + ": update the agent");
  }
  TRY_ASSIGN(std::optional<store::Client> known, store_->client_by_key(from.key));
  const bool was_in = known && known->state == store::ClientState::kAccepted;
  if (!known) {
    TRY_ASSIGN(const std::int64_t pending, store_->count_clients(store::ClientState::kPending));
    if (pending >= static_cast<std::int64_t>(wire::kMaxPendingClients)) {
      return refuse(step, from, wire::Refused::FULL,
                    "too many clients wait to be accepted; an operator must accept or reject some");
    }
    TRY_ASSIGN(known, enrol(step, from, hello));
  } else if (known->state == store::ClientState::kPending && !hello.token().empty() &&
             std::count(options_->tokens.begin(), options_->tokens.end(), hello.token()) > 0) {
    known->state = store::ClientState::kAccepted;
  }
  describe(from, hello, &*known);
  note_zone(step, hello, &*known);
  if (known->user.empty()) known->user = bounded(hello.user());
  known->last_seen_us = step.wall_us();
  TRY_ASSIGN(known->id, store_->save_client(*known));
  directory_->forget();
  if (!was_in && known->state == store::ClientState::kAccepted) {
    TRY(audit_->note(step.wall_us(), hello.token().empty() ? "enroll = auto" : "enroll by token",
                     "clients.accept", known->code, {{"user", known->user}, {"ip", known->ip}}));
  }

  switch (known->state) {
    case store::ClientState::kAccepted:
      return welcome(step, from, hello, *known);
    case store::ClientState::kPending:
      return refuse(step, from,
                    hello.token().empty() ? wire::Refused::PENDING : wire::Refused::BAD_TOKEN,
                    (hello.token().empty() ? "waits for an operator: yizhan clients accept "
                                           : "the token is not valid; waits for an operator: "
                                             "yizhan clients accept ") +
                        known->code);
    case store::ClientState::kRejected:
      return refuse(step, from, wire::Refused::REJECTED, "an operator rejected this client");
    case store::ClientState::kRevoked:
      return refuse(step, from, wire::Refused::REVOKED, "an operator revoked this client");
  }
  return {};
}

Result<store::Client> Enrolment::enrol(Step& step, const FrameIn& from, const wire::Hello& hello) {
  store::Client client;
  client.key = from.key;
  client.code = unique_code(from.key);
  client.created_us = step.wall_us();
  const bool has_token =
      !hello.token().empty() &&
      std::count(options_->tokens.begin(), options_->tokens.end(), hello.token()) > 0;
  const bool automatic = options_->enroll == Enroll::kAuto && is_loopback(from.address);
  client.state =
      automatic || has_token ? store::ClientState::kAccepted : store::ClientState::kPending;
  client.user = bounded(hello.user());
  step.log(LogLine::kInfo, "client " + client.code + " (" + client.user + ") enrolled from " +
                               from.address + ": " + store::client_state_name(client.state));
  return client;
}

Status Enrolment::refuse(Step& step, const FrameIn& from, wire::Refused::Reason reason,
                         std::string text) {
  wire::FromBroker frame;
  frame.mutable_refused()->set_reason(reason);
  frame.mutable_refused()->set_text(std::move(text));
  step.send(from.peer, frame);
  sessions_->close(from.peer);
  return {};
}

Status Enrolment::welcome(Step& step, const FrameIn& from, const wire::Hello& hello,
                          const store::Client& client) {
  Session session;
  session.peer = from.peer;
  session.key = from.key;
  session.client = client.id;
  session.address = from.address;
  session.heartbeat = std::clamp<Micros>(
      std::chrono::milliseconds(std::min<std::uint64_t>(hello.heartbeat_ms(), 3'600'000)),
      kMinHeartbeat, kMaxHeartbeat);
  session.since = step.steady();
  session.heard = step.steady();
  // An agent that does not say its time is taken to have ours.
  if (hello.wall_us() != 0) session.clock_offset_us = hello.wall_us() - step.wall_us();
  // A hello that comes again on a live session must not make the broker forget what is under way.
  Session* live = sessions_->by_peer(from.peer);
  if (live != nullptr && live->client == client.id) {
    sessions_->heard(*live, step.steady());
  } else {
    sessions_->open(std::move(session));
  }

  wire::FromBroker frame;
  wire::Welcome* welcome = frame.mutable_welcome();
  welcome->set_version(std::min(hello.version(), wire::kProtocolVersion));
  welcome->set_unique_code(client.code);
  welcome->set_broker_id("broker");
  welcome->set_wall_us(step.wall_us());
  welcome->set_server_epoch(store_->epoch());
  welcome->set_user(client.user);
  welcome->set_history(true);
  step.send(from.peer, frame);
  return {};
}

}  // namespace yizhan::broker
