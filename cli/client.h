#pragma once
// The CLI's two connections: to the agent of a state folder, through its control socket, and to the
// broker of a state folder, as its operator. One question at a time; one thread.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <zmq.hpp>

#include "agent/control_address.h"
#include "config/options.h"
#include "config/result.h"
#include "wire/session.pb.h"

namespace yizhan::cli {

/// How long a connection may take, and then an answer. Together with the broker's own 2 s for what
/// an agent asks there, a command never hangs.
inline constexpr std::chrono::milliseconds kConnectPatience{2'000};
inline constexpr std::chrono::milliseconds kAnswerPatience{10'000};

class Client {
 public:
  /// Both fail with kUnavailable when nobody listens, naming what to start; to_broker also with
  /// kDenied when the operator's key cannot be read.
  static Result<Client> to_agent(const AgentOptions& options, const std::string& config_path);
  static Result<Client> to_broker(const BrokerOptions& options, const std::string& config_path);

  Client(Client&&) = default;
  Client& operator=(Client&&) = delete;
  ~Client();

  /// Asks and waits for the one reply; an error of the other side is in the reply. kUnavailable if
  /// none comes in time.
  Result<wire::Reply> ask(const std::string& verb, const std::string& json,
                          std::chrono::milliseconds patience = kAnswerPatience);

  /// Asks and hands each reply to `take` as it comes, for ever: until it returns false, a reply
  /// says that no other follows, `stop_fd` becomes readable, or the other side goes away
  /// (kUnavailable).
  Status listen(const std::string& verb, const std::string& json, int stop_fd,
                const std::function<bool(const wire::Reply&)>& take);

  /// "the agent", "the broker": who is asked.
  const std::string& who() const { return who_; }

 private:
  Client() = default;
  Status connect(const std::string& endpoint);
  void watch_events();
  bool connection_lost();
  Status send(const std::string& verb, const std::string& json);
  void send_frame(const wire::FromAgent& frame);
  Result<std::optional<wire::Reply>> receive();
  Result<wire::Reply> decode(const std::string& bytes) const;
  Error silent(const std::string& what) const;

  std::string who_;
  std::string hint_;        // what to do when nobody answers
  bool is_broker_ = false;  // which of the two framings is spoken
  std::optional<agent::ControlAddress> address_;
  std::unique_ptr<zmq::context_t> context_;
  zmq::socket_t socket_;
  zmq::socket_t monitor_;
};

/// The address to connect to for a broker that listens on `listen` on this machine.
std::string address_to_reach(const std::string& listen);

}  // namespace yizhan::cli
