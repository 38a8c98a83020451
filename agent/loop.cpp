#include "agent/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <variant>
#include <zmq.hpp>

#include "config/clock.h"
#include "config/log.h"

namespace yizhan::agent {

Status Loop::run() {
  Now now = read_clock();
  while (true) {
    parts_.supervisor.keep_alive(now.steady);
    TRY(wait(now));
    const Signals::Seen seen = parts_.signals.drain();
    if (seen.reopen_log) parts_.reopen_log();
    if (seen.stop) return {};
    now = read_clock();
    gather(now);
    TRY_ASSIGN(std::vector<Output> outputs, parts_.core.step(inputs_, now));
    inputs_.clear();
    perform(std::move(outputs), now);
    parts_.core.tidy();
  }
}

Status Loop::wait(Now last) {
  parts_.timer.set(wait_until(last));
  std::array<zmq_pollitem_t, 7> items = {{
      {nullptr, parts_.signals.fd(), ZMQ_POLLIN, 0},
      {nullptr, parts_.timer.fd(), ZMQ_POLLIN, 0},
      {nullptr, parts_.watcher.fd(), ZMQ_POLLIN, 0},
      {nullptr, parts_.runner.fd(), ZMQ_POLLIN, 0},
      {parts_.control.handle(), 0, ZMQ_POLLIN, 0},
      {parts_.link.frames(), 0, ZMQ_POLLIN, 0},
      {parts_.link.events(), 0, ZMQ_POLLIN, 0},
  }};
  // The link has no sockets while it pauses between two connections.
  const int count = parts_.link.frames() == nullptr ? 5 : 7;
  if (zmq_poll(items.data(), count, -1) < 0 && zmq_errno() != EINTR) {
    return Error{Code::kIo, std::string("waiting for events: ") + zmq_strerror(zmq_errno())};
  }
  parts_.timer.drain();
  return {};
}

Steady Loop::wait_until(Now last) const {
  // Whatever is due already wakes at once: the timer takes a time in the past.
  if (parts_.core.has_more() || !inputs_.empty()) return last.steady;
  Steady when = std::min(parts_.core.next_wakeup(), parts_.link.next_wakeup());
  when = std::min(when, parts_.runner.next_deadline());
  return std::min(when, parts_.supervisor.alive_due());
}

void Loop::gather(Now now) {
  for (Exit& exit : parts_.runner.drain(now.steady)) {
    inputs_.push_back(HandlerExited{std::move(exit)});
  }
  for (FolderHint& hint : parts_.watcher.drain()) inputs_.push_back(std::move(hint));
  parts_.control.receive(inputs_, kStepFrames);
  parts_.link.receive(inputs_, kStepFrames, kStepBytes, now);
}

void Loop::perform(std::vector<Output> outputs, Now now) {
  for (Output& output : outputs) perform_one(output, now);
}

void Loop::perform_one(Output& output, Now now) {
  if (const auto* frame = std::get_if<FrameToBroker>(&output)) {
    parts_.link.send(frame->bytes);
  } else if (const auto* again = std::get_if<Reconnect>(&output)) {
    log_debug("connecting anew: " + again->reason);
    parts_.link.reconnect(again->delay, now);
  } else if (const auto* start = std::get_if<StartHandler>(&output)) {
    parts_.runner.start(start->run, start->command);
  } else if (const auto* watch = std::get_if<WatchFolder>(&output)) {
    const Status added = parts_.watcher.add(watch->name, watch->path);
    if (!added.ok()) log_warning(added.error().message);
    log_info("watching " + watch->path + ": " + parts_.watcher.mode(watch->name));
  } else if (auto* reply = std::get_if<ControlReply>(&output)) {
    if (!parts_.control.send(*reply)) inputs_.push_back(AskerGone{std::move(reply->asker)});
  } else {
    log_line(std::get<LogLine>(output));
  }
}

}  // namespace yizhan::agent
