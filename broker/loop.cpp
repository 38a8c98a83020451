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

void write_log(const LogLine& line) {
  switch (line.level) {
    case LogLine::kInfo:
      return log_info(line.text);
    case LogLine::kWarning:
      return log_warning(line.text);
    case LogLine::kError:
      return log_error(line.text);
  }
}

enum Item : std::size_t { kRouter, kSignals, kTimer, kItems };

}  // namespace

Status Loop::run() {
  zmq_pollitem_t items[kItems] = {{parts_.router.handle(), 0, ZMQ_POLLIN, 0},
                                  {nullptr, parts_.signals.fd(), ZMQ_POLLIN, 0},
                                  {nullptr, parts_.timer.fd(), ZMQ_POLLIN, 0}};
  Now now = read_clock();
  while (true) {
    keep_alive(now);
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
  const Steady core = parts_.core.next_wakeup();
  const bool watched = parts_.supervisor.watchdog_interval().has_value();
  // What was due during the last step is due now: the timer wakes at once for the past.
  return std::max(watched ? std::min(core, alive_due_) : core, last.steady);
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
      write_log(std::get<LogLine>(output));
    }
  }
}

void Loop::keep_alive(Now now) {
  const std::optional<Micros> interval = parts_.supervisor.watchdog_interval();
  if (!interval || now.steady < alive_due_) return;
  parts_.supervisor.alive();
  alive_due_ = now.steady + *interval;
}

}  // namespace yizhan::broker
