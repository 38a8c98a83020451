#include "broker/past_event.h"

#include <utility>

#include "broker/reports.h"
#include "wire/codec.h"
#include "wire/vocabulary.h"

namespace yizhan::broker {

PastEvent::PastEvent(store::StoredMessage message, wire::Message envelope,
                     store::ServerStore& store, store::ProbeStore& probes, Directory& directory,
                     Instant now)
    : row_(std::move(message)),
      envelope_(std::move(envelope)),
      facts_(store, probes, directory),
      event_(subject_, facts_, now) {
  subject_ = subject_of(row_, envelope_);
}

Result<std::vector<std::unique_ptr<PastEvent>>> PastEvent::versions(store::StoredMessage message,
                                                                    store::ServerStore& store,
                                                                    store::ProbeStore& probes,
                                                                    Directory& directory) {
  wire::Message envelope;
  if (!read_envelope(message, &envelope)) {
    return Error{Code::kInvalid, "the stored envelope of this message cannot be read"};
  }
  TRY_ASSIGN(const auto changes, probes.states(message.seq));
  std::vector<std::unique_ptr<PastEvent>> all;
  const auto add = [&](std::int64_t version, const std::string& state, const std::string& previous,
                       Instant at) {
    auto& one = all.emplace_back(new PastEvent(message, envelope, store, probes, directory, at));
    one->subject_.version = version;
    one->subject_.state = state;
    one->subject_.previous_state = previous;
  };
  // The first version is not among the changes: it is what its kind begins with.
  add(1, wire::initial_state(message.kind), "", from_micros(message.stored_us));
  for (const store::StateChange& change : changes) {
    add(change.version, change.state, change.previous, from_micros(change.at_us));
  }
  return all;
}

Result<std::unique_ptr<PastEvent>> PastEvent::stored(store::StoredMessage message,
                                                     std::int64_t version,
                                                     store::ServerStore& store,
                                                     store::ProbeStore& probes,
                                                     Directory& directory) {
  TRY_ASSIGN(auto all, versions(std::move(message), store, probes, directory));
  for (auto& one : all) {
    if (one->version() == version) return std::move(one);
  }
  if (version == 0) return std::move(all.back());
  return Error{Code::kNotFound, "this message never had a version " + std::to_string(version)};
}

std::unique_ptr<PastEvent> PastEvent::made_up(wire::Message message, const std::string& state,
                                              store::ServerStore& store, store::ProbeStore& probes,
                                              Directory& directory, Instant now) {
  store::StoredMessage row = to_stored(message, 0, to_micros(now));
  if (!state.empty()) row.state = state;
  return std::unique_ptr<PastEvent>(
      new PastEvent(std::move(row), std::move(message), store, probes, directory, now));
}

}  // namespace yizhan::broker
