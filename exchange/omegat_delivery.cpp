#include "exchange/omegat_delivery.h"

#include <algorithm>

namespace yizhan::exchange {

void DeliveryWatch::target_changed(Steady now) {
  last_change_ = now;
}

void DeliveryWatch::export_closed(Steady now) {
  export_ = now;
}

Steady DeliveryWatch::due() const {
  if (!export_) return Steady::max();
  return std::max(*export_, last_change_) + kQuiet;
}

bool DeliveryWatch::take_finished(Steady now) {
  if (now < due()) return false;
  export_.reset();
  return true;
}

}  // namespace yizhan::exchange
