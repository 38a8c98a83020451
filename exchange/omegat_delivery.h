#pragma once
// When "create translated documents" has finished: OmegaT writes target/** in place, and then
// NAME-omegat.tmx in the project's folder. Pure; time is an argument.

#include <optional>
#include <string>
#include <string_view>

#include "config/time.h"

namespace yizhan::exchange {

class DeliveryWatch {
 public:
  /// Nothing of target/ has been written for so long.
  static constexpr Micros kQuiet = std::chrono::seconds(2);

  /// Something below target/ was written, made or renamed.
  void target_changed(Steady now);
  /// NAME-omegat.tmx was written and closed.
  void export_closed(Steady now);

  /// True once for each export: the documents in target/ are whole. Whether they are delivered is
  /// the translator's to say.
  bool take_finished(Steady now);
  /// When take_finished() can next be true; Steady::max() if only an event can bring that.
  Steady due() const;

 private:
  std::optional<Steady> export_;  ///< closed, and not yet reported
  Steady last_change_{};
};

}  // namespace yizhan::exchange
