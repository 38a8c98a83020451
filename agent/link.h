#pragma once
// The session with the broker as a state machine: hello, heartbeat, deadline, reconnection, and the
// verdict on why the line is bad. Frames other than those of the session are not its business.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/context.h"
#include "config/result.h"
#include "config/time.h"
#include "wire/session.pb.h"

namespace yizhan::agent {

enum class LinkState {
  kDown,      ///< no connection; left by LinkUp
  kGreeting,  ///< connected, Hello said; left by Welcome, Refused, a deadline or LinkDown
  kRefused,   ///< connected, the broker said why not; Hello is repeated every few seconds
  kOpen,      ///< Welcome came; left by NoSession, Refused, a deadline or LinkDown
};
const char* link_state_name(LinkState state);

/// Why the line is as it is, in the words of SPEC 7, with evidence.
struct Verdict {
  /// "ok", "slow", "broker busy", "broker unreachable", "own network down" or "rejected"
  std::string word;
  std::string why;                   ///< empty when ok
  std::optional<Micros> round_trip;  ///< of the last answered ping
  Micros broker_step{};              ///< how long the broker's last step took, as it said
  std::optional<Micros> silent_for;  ///< since the broker was last heard
};

class Link {
 public:
  explicit Link(Context& context) : context_(context) {}

  /// At start-up: the shell is connecting by itself.
  void start();

  void on_up();
  void on_down(const LinkDown& down);
  void on_frame();  ///< any frame of the broker: it lives
  void on_welcome(const wire::Welcome& welcome);
  void on_refused(const wire::Refused& refused);
  void on_no_session();
  void on_pong(const wire::Pong& pong);

  /// Heartbeat, deadlines and retries that are due.
  Status tick();
  Steady next_wakeup() const;

  /// Pings at once, for a person who asks; returns the ping's number. The session must be open.
  Result<std::uint64_t> ping();

  bool is_open() const { return state_ == LinkState::kOpen; }
  LinkState state() const { return state_; }
  /// True once for each Welcome: whatever was unanswered before is to be said again.
  bool take_opened() { return std::exchange(just_opened_, false); }
  /// True once for each loss of the session.
  bool take_lost() { return std::exchange(just_lost_, false); }
  Verdict verdict() const;
  const wire::Welcome& welcome() const { return welcome_; }
  /// How far the broker's clock was ahead of ours at its last welcome.
  Micros broker_ahead() const { return broker_ahead_; }

 private:
  void say_hello();
  void enter(LinkState state);
  void reconnect(const std::string& reason);
  Micros deadline() const { return 3 * context_.options.heartbeat_interval; }

  Context& context_;
  LinkState state_ = LinkState::kDown;
  bool just_opened_ = false;
  bool just_lost_ = false;
  bool handshake_refused_ = false;
  bool no_network_ = false;                   // at the last attempt
  std::string reason_ = "not connected yet";  // of the state, unless it is kOpen
  int attempts_ = 0;                          // connections asked for since the last Welcome
  Steady retry_{};         // kDown: ask for a connection again; kRefused: say hello again
  Steady attempt_from_{};  // kDown: when the connection asked for is tried
  Steady heard_{};         // the last frame, or when the connection came up
  Steady next_ping_{};
  std::uint64_t ping_number_ = 0;
  // The oldest ping that is unanswered: when it was sent, and its number.
  std::optional<Steady> pinged_;
  std::uint64_t pinged_number_ = 0;
  std::optional<Micros> round_trip_;
  Micros broker_step_{};
  bool heard_once_ = false;
  std::string last_word_;  // of the verdict, to report changes once
  wire::Welcome welcome_;
  Micros broker_ahead_{};
};

}  // namespace yizhan::agent
