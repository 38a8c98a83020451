#pragma once
#include "config/time.h"

namespace yizhan {

/// Reads both clocks. Called by the mains, once per wake-up, and by nobody else (a test greps).
Now read_clock();

}  // namespace yizhan
