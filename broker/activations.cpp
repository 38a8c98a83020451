#include "broker/activations.h"

#include <algorithm>
#include <map>
#include <vector>

#include "config/ids.h"
#include "rules/watch.h"

namespace yizhan::broker {

bool implies(std::string_view state, std::string_view other) {
  static const std::map<std::string_view, int> kRanks = {
      {"sent", 1},     {"delivered", 2}, {"fetched", 2}, {"opened", 3}, {"declined", 4},
      {"accepted", 4}, {"replied", 4},   {"started", 5}, {"done", 6},   {"failed", 6}};
  if (state == other) return true;
  const auto came = kRanks.find(state);
  const auto wanted = kRanks.find(other);
  if (came == kRanks.end() || wanted == kRanks.end() || other == "fetched") return false;
  // Nobody accepts by declining, replying or failing.
  if (other == "accepted") return state == "started" || state == "done";
  return wanted->second < came->second && wanted->second != 4;
}

bool is_for(const store::Probe& probe, const rules::Row& preset,
            const store::Activation& activation) {
  if (probe.state == store::ProbeState::kCancelled) return false;
  if (probe.state == store::ProbeState::kActivated) return false;
  if (probe.client != 0 && probe.client != activation.client && probe.id != activation.probe) {
    return false;
  }
  const std::vector<std::string>& expect = preset.watch->expect;
  return std::any_of(expect.begin(), expect.end(),
                     [&](const std::string& one) { return implies(activation.state, one); });
}

bool lifts_pause(std::string_view state, std::string_view word) {
  return state == "paused" && (word == "accepted" || word == "in_progress");
}

store::Activation activation_of(const store::Client& client, const std::string& address,
                                store::MessageSeq message, const std::string& state,
                                std::int64_t at_us, std::int64_t arrived_us) {
  store::Activation activation;
  activation.message = message;
  activation.client = client.id;
  activation.state = state;
  activation.via = "agent";
  activation.code = client.code;
  activation.user = client.user;
  activation.machine = client.host;
  activation.address = address;
  activation.fingerprint = to_z85(client.key.view());
  activation.at_us = at_us;
  activation.arrived_us = arrived_us;
  return activation;
}

}  // namespace yizhan::broker
