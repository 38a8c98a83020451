#pragma once
// What the HTTP server and the rest of the broker say to each other: plain values.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace yizhan::broker {

/// A request that kept every bound of http_limits.h. What people or machines wrote in it is still
/// theirs: it is escaped where it is shown.
struct HttpRequest {
  std::uint64_t id = 0;         ///< of this request, for its answer
  std::string method;           ///< GET, HEAD or POST
  std::string target;           ///< path and query as sent: "/p/TOKEN?lang=zh"
  std::string address;          ///< IP of the other side
  std::string host;             ///< on the allow-list
  std::string accept_language;  ///< may be empty
  std::string user_agent;       ///< printable, cut at kMaxUserAgentBytes
  std::string content_type;
  std::string body;
  bool prefetch = false;  ///< a browser's or scanner's own idea: it must change nothing
};

/// Exactly one for each request, with its id. HEAD is answered like GET: the server leaves out the
/// body. Length, date and connection headers are the server's.
struct HttpResponse {
  std::uint64_t id = 0;
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace yizhan::broker
