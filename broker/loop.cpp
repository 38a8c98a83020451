#include "broker/loop.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>
#include <zmq.hpp>

#include "config/clock.h"
#include "config/log.h"

namespace yizhan::broker {

namespace {

enum Item : std::size_t { kRouter, kSignals, kTimer, kItems };

}  // namespace

Status Loop::run() {
  zmq_pollitem_t items[kItems] = {{parts_.router.handle(), 0, ZMQ_POLLIN, 0},
                                  {nullptr, parts_.signals.fd(), ZMQ_POLLIN, 0},
                                  {nullptr, parts_.timer.fd(), ZMQ_POLLIN, 0}};
  Now now = read_clock();
  while (true) {
    parts_.supervisor.keep_alive(now.steady);
    parts_.timer.set(wait_until(now));
    if (zmq_poll(items, kItems, -1) < 0 && zmq_errno() != EINTR) {
      return Error{Code::kIo, std::string("waiting for events: ") + zmq_strerror(zmq_errno())};
    }
    parts_.timer.drain();
    const Signals::Seen seen = parts_.signals.drain();
    if (seen.reopen_log) parts_.reopen_log();
    if (seen.stop) return {};
    now = read_clock();
    TRY(step(now));
  }
}

Steady Loop::wait_until(Now last) const {
  // What was due during the last step is due now: the timer wakes at once for the past.
  return std::max(std::min(parts_.core.next_wakeup(), parts_.supervisor.alive_due()), last.steady);
}

Status Loop::step(Now now) {
  inputs_.clear();
  parts_.router.receive(inputs_, kStepFrames, kStepBytes);
  TRY_ASSIGN(const std::vector<Output> outputs, parts_.core.step(inputs_, now));
  perform(outputs);
  parts_.core.note_step_cost(read_clock().steady - now.steady);
  return {};
}

void Loop::perform(const std::vector<Output>& outputs) {
  for (const Output& output : outputs) {
    if (const auto* frame = std::get_if<FrameOut>(&output)) {
      parts_.router.send(*frame);
    } else {
      log_line(std::get<LogLine>(output));
    }
  }
}

}  // namespace yizhan::broker
