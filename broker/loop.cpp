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

// The last is left out where there is no HTTP server.
enum Item : std::size_t { kRouter, kSignals, kTimer, kRunner, kWebhooks, kHttp, kItems };

/// Every heartbeat puts the earliest deadline of the sessions off by a little.
constexpr Micros kEarlyWake = std::chrono::seconds(1);

}  // namespace

Status Loop::run() {
  zmq_pollitem_t items[kItems] = {
      {parts_.router.handle(), 0, ZMQ_POLLIN, 0},     {nullptr, parts_.signals.fd(), ZMQ_POLLIN, 0},
      {nullptr, parts_.timer.fd(), ZMQ_POLLIN, 0},    {nullptr, parts_.runner.fd(), ZMQ_POLLIN, 0},
      {nullptr, parts_.webhooks.fd(), ZMQ_POLLIN, 0}, {nullptr, -1, ZMQ_POLLIN, 0}};
  const int count = parts_.http == nullptr ? kItems - 1 : kItems;
  if (parts_.http != nullptr) items[kHttp].fd = parts_.http->fd();
  Now now = read_clock();
  while (true) {
    parts_.supervisor.keep_alive(now.steady);
    parts_.timer.set(wait_until(now), kEarlyWake);
    if (zmq_poll(items, count, -1) < 0 && zmq_errno() != EINTR) {
      return Error{Code::kIo, std::string("waiting for events: ") + zmq_strerror(zmq_errno())};
    }
    // Thousands of idle agents are one small step after another: no system call for nothing.
    if (items[kTimer].revents != 0) parts_.timer.drain();
    if (items[kSignals].revents != 0) {
      const Signals::Seen seen = parts_.signals.drain();
      if (seen.reopen_log) parts_.reopen_log();
      if (seen.stop) return {};
    }
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
  gather(now);
  TRY_ASSIGN(std::vector<Output> outputs, parts_.core.step(inputs_, now));
  perform(std::move(outputs), now);
  parts_.core.note_step_cost(read_clock().steady - now.steady);
  return {};
}

void Loop::gather(Now now) {
  parts_.router.receive(inputs_, kStepFrames, kStepBytes);
  for (Exit& exit : parts_.runner.drain(now.steady)) {
    const store::EffectId effect = exit.run;
    inputs_.push_back(ProgramEnded{effect, std::move(exit)});
  }
  std::vector<WebhookResult> results;
  parts_.webhooks.drain(results);
  for (WebhookResult& result : results) {
    inputs_.push_back(WebhookEnded{result.effect, result.status, std::move(result.error),
                                   std::move(result.body)});
  }
  if (parts_.http == nullptr) return;
  std::vector<HttpRequest> requests;
  parts_.http->drain(requests, kStepFrames);
  for (HttpRequest& request : requests) inputs_.push_back(std::move(request));
}

void Loop::perform(std::vector<Output> outputs, Now now) {
  for (Output& output : outputs) perform_one(output, now);
}

void Loop::perform_one(Output& output, Now now) {
  if (const auto* frame = std::get_if<FrameOut>(&output)) {
    parts_.router.send(*frame);
  } else if (auto* response = std::get_if<HttpResponse>(&output)) {
    if (parts_.http != nullptr) parts_.http->answer(std::move(*response));
  } else if (const auto* program = std::get_if<StartProgram>(&output)) {
    parts_.runner.start(program->effect, program->command);
  } else if (auto* hook = std::get_if<SendWebhook>(&output)) {
    WebhookOrder order;
    order.effect = hook->effect;
    order.url = std::move(hook->url);
    order.headers =
        webhook_headers(hook->secret, std::to_string(hook->effect), now.wall, hook->body);
    order.headers.emplace_back("Content-Type", "application/json");
    order.body = std::move(hook->body);
    order.timeout = hook->timeout;
    parts_.webhooks.send(std::move(order));
  } else {
    log_line(std::get<LogLine>(output));
  }
}

}  // namespace yizhan::broker
