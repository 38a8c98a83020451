#pragma once
#include <string>

#include "config/result.h"

namespace yizhan::cli {

/// Starts the yizhan-agent that lies beside this program, on its own in the background, and waits
/// until it says that it is ready. Its words go to STATE_DIR/agent.start.log. kUnavailable with the
/// reason if it cannot be started or ends at once.
Status start_agent(const std::string& config_path, const std::string& state_dir);

}  // namespace yizhan::cli
