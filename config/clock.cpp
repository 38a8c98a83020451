#include "config/clock.h"

#include <time.h>

#include <chrono>

#include "config/result.h"

namespace yizhan {

namespace {

Micros read_micros(clockid_t clock) {
  timespec reading{};
  // Both clocks exist on every Linux we run on; without a clock nothing here can work.
  CHECK_THAT_HOLDS(clock_gettime(clock, &reading) == 0);
  return std::chrono::duration_cast<Micros>(std::chrono::seconds{reading.tv_sec} +
                                            std::chrono::nanoseconds{reading.tv_nsec});
}

}  // namespace

Now read_clock() {
  return {Instant{read_micros(CLOCK_REALTIME)}, Steady{read_micros(CLOCK_BOOTTIME)}};
}

}  // namespace yizhan
