#pragma once
// An answer as bytes on the wire. Pure.

#include <string>

#include "broker/http.h"
#include "config/time.h"

namespace yizhan::broker {

struct HttpFrame {
  bool keep_alive = false;
  bool without_body = false;  ///< to HEAD
  Instant now{};              ///< for Date
};

/// Status line, headers and body. Headers whose name or value could end a line are left out: they
/// are a bug of ours that must not become somebody's second answer.
std::string response_text(const HttpResponse& response, const HttpFrame& frame);

/// "Wed, 04 Mar 2026 01:12:00 GMT".
std::string http_date(Instant time);

}  // namespace yizhan::broker
