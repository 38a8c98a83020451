#include "agent/link.h"

#include <algorithm>
#include <utility>

#include "config/version.h"
#include "wire/limits.h"

namespace yizhan::agent {

namespace {

// A broker that restarts gets its agents back over half a second; a network that comes back is
// noticed within the longest delay (SPEC 7: within 5 s).
constexpr Micros kFirstReconnect = std::chrono::milliseconds(500);
constexpr Micros kLongestReconnect = std::chrono::seconds(4);
// How often a refused agent asks whether it has been accepted meanwhile.
constexpr Micros kRefusedRetryLow = std::chrono::seconds(5);
constexpr Micros kRefusedRetryHigh = std::chrono::seconds(10);
// A connection that is asked for and neither comes up nor fails is asked for again.
constexpr Micros kConnectTimeout = std::chrono::seconds(5);

constexpr std::int64_t kLatestWall = std::int64_t{1} << 60;  // microseconds: in 36,000 years

constexpr Micros kSlowRoundTrip = std::chrono::seconds(1);
constexpr Micros kBusyStep = std::chrono::milliseconds(250);

const char* refusal_name(wire::Refused::Reason reason) {
  switch (reason) {
    case wire::Refused::PENDING:
      return "waits to be accepted by an operator";
    case wire::Refused::REJECTED:
      return "this key was rejected";
    case wire::Refused::REVOKED:
      return "this key was revoked";
    case wire::Refused::VERSION:
      return "no common protocol version";
    case wire::Refused::FULL:
      return "too many clients wait for acceptance";
    case wire::Refused::BAD_TOKEN:
      return "the enrolment token is wrong";
    default:
      return "the broker gave no reason";
  }
}

}  // namespace

const char* link_state_name(LinkState state) {
  switch (state) {
    case LinkState::kDown:
      return "down";
    case LinkState::kGreeting:
      return "greeting";
    case LinkState::kRefused:
      return "refused";
    case LinkState::kOpen:
      return "open";
  }
  return "unknown";
}

void Link::start() {
  heard_ = attempt_from_ = context_.now.steady;
  retry_ = context_.now.steady + kConnectTimeout;
}

void Link::enter(LinkState state) {
  if (state_ == LinkState::kOpen && state != LinkState::kOpen) just_lost_ = true;
  state_ = state;
  pinged_.reset();
}

void Link::say_hello() {
  wire::FromAgent frame;
  wire::Hello* hello = frame.mutable_hello();
  hello->set_version(wire::kProtocolVersion);
  hello->set_program_version(kProgramVersion);
  hello->set_user(context_.options.user);
  hello->set_host(context_.machine.host);
  for (const std::string& mac : context_.machine.mac) hello->add_mac(mac);
  hello->set_heartbeat_ms(
      static_cast<std::uint64_t>(context_.options.heartbeat_interval.count() / 1000));
  hello->set_epoch(context_.store.epoch());
  hello->set_token(context_.options.token);
  hello->set_wall_us(context_.wall_us());
  hello->set_time_zone(context_.machine.time_zone);
  context_.send(frame);
}

void Link::on_up() {
  enter(LinkState::kGreeting);
  handshake_refused_ = no_network_ = false;
  reason_ = "connected, but the broker has not answered the hello";
  heard_ = context_.now.steady;
  say_hello();
}

void Link::on_down(const LinkDown& down) {
  handshake_refused_ = down.handshake_refused;
  no_network_ = down.no_network;
  reason_ = down.reason.empty() ? "the connection was lost" : shown(down.reason);
  // A report about the connection that is being replaced already does not start another.
  if (state_ == LinkState::kDown && context_.now.steady < attempt_from_) return;
  reconnect(reason_);
}

void Link::reconnect(const std::string& reason) {
  enter(LinkState::kDown);
  reason_ = reason;
  const Micros delay = backoff(context_.random, attempts_, kFirstReconnect, kLongestReconnect);
  if (attempts_ < 16) ++attempts_;
  attempt_from_ = context_.now.steady + delay;
  retry_ = attempt_from_ + kConnectTimeout;
  context_.say(Reconnect{delay, reason});
}

void Link::on_frame() {
  heard_ = context_.now.steady;
  heard_once_ = true;
}

void Link::on_welcome(const wire::Welcome& welcome) {
  // Only an answer to our Hello opens the session; a second one changes nothing.
  if (state_ == LinkState::kDown || state_ == LinkState::kOpen) return;
  enter(LinkState::kOpen);
  just_opened_ = true;
  attempts_ = 0;
  reason_.clear();
  welcome_ = welcome;
  // Bounded, because it is a peer's number that is calculated with.
  broker_ahead_ =
      Micros{std::clamp<std::int64_t>(welcome.wall_us(), 0, kLatestWall) - context_.wall_us()};
  next_ping_ = context_.now.steady + context_.options.heartbeat_interval;
}

void Link::on_refused(const wire::Refused& refused) {
  if (state_ == LinkState::kDown) return;
  enter(LinkState::kRefused);
  reason_ = refusal_name(refused.reason());
  if (!refused.text().empty()) reason_ += ": " + shown(refused.text());
  retry_ = context_.now.steady + context_.random.between(kRefusedRetryLow, kRefusedRetryHigh);
}

void Link::on_no_session() {
  // While greeting it is the answer to a frame sent before the hello, which is on its way.
  if (state_ != LinkState::kOpen) return;
  enter(LinkState::kGreeting);
  reason_ = "the broker has no session for this connection; said hello again";
  say_hello();
}

void Link::on_pong(const wire::Pong& pong) {
  if (!pinged_ || pong.number() < pinged_number_) return;
  round_trip_ = context_.now.steady - *pinged_;
  broker_step_ = Micros{pong.step_us()};
  pinged_.reset();
  if (pong.next_ping_us() == 0) return;
  const Micros interval = context_.options.heartbeat_interval;
  const Micros wait = std::clamp(Micros{pong.next_ping_us()}, interval / 2, interval);
  // Not put off by a pong that took long: the broker would hear nothing for almost two intervals.
  next_ping_ = std::min(next_ping_, context_.now.steady + wait);
}

Result<std::uint64_t> Link::ping() {
  TRY_ASSIGN(const std::int64_t waiting, context_.store.outbox_size());
  wire::FromAgent frame;
  frame.mutable_ping()->set_number(++ping_number_);
  frame.mutable_ping()->set_outbox(static_cast<std::uint64_t>(waiting));
  context_.send(frame);
  if (!pinged_) {
    pinged_ = context_.now.steady;
    pinged_number_ = ping_number_;
  }
  next_ping_ = context_.now.steady + context_.options.heartbeat_interval;
  return ping_number_;
}

Status Link::tick() {
  const Steady now = context_.now.steady;
  if (state_ == LinkState::kDown) {
    if (now >= retry_) reconnect(reason_);
  } else if (state_ == LinkState::kRefused) {
    if (now >= retry_) {
      say_hello();
      retry_ = now + context_.random.between(kRefusedRetryLow, kRefusedRetryHigh);
    }
  } else if (now >= heard_ + deadline()) {
    reconnect("nothing heard from the broker for " +
              format_duration(std::chrono::duration_cast<std::chrono::seconds>(now - heard_)));
  } else if (state_ == LinkState::kOpen && now >= next_ping_) {
    TRY(ping());
  }
  const Verdict current = verdict();
  if (current.word != last_word_) {
    last_word_ = current.word;
    context_.info("line to the broker: " + current.word +
                  (current.why.empty() ? "" : " (" + current.why + ")"));
    context_.event("line", nullptr, {{"verdict", current.word}, {"why", current.why}});
  }
  return {};
}

Steady Link::next_wakeup() const {
  if (state_ == LinkState::kDown || state_ == LinkState::kRefused) return retry_;
  Steady next = heard_ + deadline();
  if (state_ == LinkState::kOpen) next = std::min(next, next_ping_);
  if (pinged_ && last_word_ == "ok") next = std::min(next, *pinged_ + kSlowRoundTrip);
  return next;
}

Verdict Link::verdict() const {
  Verdict verdict;
  verdict.round_trip = round_trip_;
  verdict.broker_step = broker_step_;
  if (heard_once_) verdict.silent_for = context_.now.steady - heard_;
  if (state_ == LinkState::kRefused || (state_ == LinkState::kDown && handshake_refused_)) {
    verdict.word = "rejected";
    verdict.why = reason_;
    return verdict;
  }
  if (state_ != LinkState::kOpen) {
    const bool own = state_ == LinkState::kDown && no_network_;
    verdict.word = own ? "own network down" : "broker unreachable";
    verdict.why = reason_;
    return verdict;
  }
  Micros trip = round_trip_.value_or(Micros{0});
  if (pinged_) trip = std::max<Micros>(trip, context_.now.steady - *pinged_);
  if (broker_step_ >= kBusyStep) {
    verdict.word = "broker busy";
    verdict.why = "its last step took " + format_duration(broker_step_);
  } else if (trip >= kSlowRoundTrip) {
    verdict.word = "slow";
    verdict.why = pinged_ ? "a ping has been unanswered for " : "the last round trip took ";
    verdict.why += format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(trip));
  } else {
    verdict.word = "ok";
  }
  return verdict;
}

}  // namespace yizhan::agent
