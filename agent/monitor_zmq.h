#pragma once
// What happens to a connection, as libzmq tells it to whoever monitors the socket.

#include <cstdint>
#include <cstring>
#include <optional>
#include <zmq.hpp>

#include "config/result.h"

namespace yizhan {

/// The next event (ZMQ_EVENT_…) of `monitor`, a PAIR socket on a monitor's address, without
/// waiting.
inline std::optional<std::uint16_t> next_event(zmq::socket_t& monitor) {
  zmq::message_t event;
  zmq::message_t address;
  if (zmq_msg_recv(event.handle(), monitor.handle(), ZMQ_DONTWAIT) < 0) return std::nullopt;
  if (zmq_msg_recv(address.handle(), monitor.handle(), ZMQ_DONTWAIT) < 0) return std::nullopt;
  std::uint16_t kind = 0;
  CHECK_THAT_HOLDS(event.size() >= sizeof kind);
  std::memcpy(&kind, event.data(), sizeof kind);
  return kind;
}

}  // namespace yizhan
