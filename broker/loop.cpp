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

enum Item : std::size_t { kRouter, kSignals, kTimer, kRunner, kItems };

}  // namespace

Status Loop::run() {
  zmq_pollitem_t items[kItems] = {{parts_.router.handle(), 0, ZMQ_POLLIN, 0},
                                  {nullptr, parts_.signals.fd(), ZMQ_POLLIN, 0},
                                  {nullptr, parts_.timer.fd(), ZMQ_POLLIN, 0},
                                  {nullptr, parts_.runner.fd(), ZMQ_POLLIN, 0}};
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
  const Steady next = std::min(
      {parts_.core.next_wakeup(), parts_.runner.next_deadline(), parts_.supervisor.alive_due()});
  return std::max(next, last.steady);
}

Status Loop::step(Now now) {
  inputs_.clear();
  parts_.router.receive(inputs_, kStepFrames, kStepBytes);
  for (Exit& exit : parts_.runner.drain(now.steady)) {
    const store::EffectId effect = exit.run;
    inputs_.push_back(ProgramEnded{effect, std::move(exit)});
  }
  TRY_ASSIGN(std::vector<Output> outputs, parts_.core.step(inputs_, now));
  perform(std::move(outputs));
  parts_.core.note_step_cost(read_clock().steady - now.steady);
  return {};
}

void Loop::perform(std::vector<Output> outputs) {
  for (Output& output : outputs) {
    if (const auto* frame = std::get_if<FrameOut>(&output)) {
      parts_.router.send(*frame);
    } else if (const auto* line = std::get_if<LogLine>(&output)) {
      log_line(*line);
    } else if (const auto* program = std::get_if<StartProgram>(&output)) {
      parts_.runner.start(program->effect, program->command);
    }
  }
}

}  // namespace yizhan::broker
