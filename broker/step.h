#pragma once
// What one step of the core has to hand to its machines: the time, and the place for outputs.

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "broker/core.h"
#include "config/time.h"
#include "wire/codec.h"

namespace yizhan::broker {

/// Something that people who follow `events` are told.
struct Happening {
  const char* what;
  MessageId id;
  std::string whom;
  std::string detail;
};

class Step {
 public:
  /// `listening`: somebody follows `events`; otherwise they are not even collected.
  Step(Now now, bool listening) : now_(now), listening_(listening) {}

  Steady steady() const { return now_.steady; }
  Instant wall() const { return now_.wall; }
  std::int64_t wall_us() const { return to_micros(now_.wall); }

  /// Spoken only after the step's commit.
  void send(const PeerId& peer, const wire::FromBroker& frame) {
    outputs_.push_back(FrameOut{peer, wire::encode(frame)});
  }
  /// Spoken after everything else: nobody waits for a receipt as somebody waits for a delivery.
  void send_last(const PeerId& peer, const wire::FromBroker& frame) {
    last_outputs_.push_back(FrameOut{peer, wire::encode(frame)});
  }
  void log(LogLine::Level level, std::string text) {
    outputs_.push_back(LogLine{level, std::move(text)});
  }
  void happened(const char* what, const MessageId& id, std::string whom, std::string detail = "") {
    if (listening_) happenings_.push_back({what, id, std::move(whom), std::move(detail)});
  }
  const std::vector<Happening>& happenings() const { return happenings_; }
  void respond(HttpResponse response) { outputs_.push_back(std::move(response)); }
  /// Something outside, once this step is on disk.
  void begin(StartProgram program) { outputs_.push_back(std::move(program)); }
  void begin(SendWebhook hook) { outputs_.push_back(std::move(hook)); }
  std::vector<Output> take() {
    outputs_.insert(outputs_.end(), std::make_move_iterator(last_outputs_.begin()),
                    std::make_move_iterator(last_outputs_.end()));
    return std::move(outputs_);
  }

 private:
  Now now_;
  bool listening_;
  std::vector<Happening> happenings_;
  std::vector<Output> outputs_;
  std::vector<Output> last_outputs_;
};

}  // namespace yizhan::broker
