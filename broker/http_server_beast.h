#pragma once
// The broker's HTTP side: a thread of its own that accepts, reads under every bound of
// http_limits.h, and hands what is for the core to the loop. Everything else it answers itself: an
// attacker never gets further than this thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker/http.h"
#include "broker/http_clients.h"
#include "broker/http_limits.h"
#include "broker/http_proxies.h"
#include "broker/http_tls.h"
#include "config/result.h"
#include "config/time.h"

namespace yizhan::broker {

struct HttpServerOptions {
  std::string listen;      ///< "127.0.0.1:8480", "[::1]:8480", "*:8480"; port 0: any
  std::string public_url;  ///< its host is on the allow-list
  TlsFiles tls;            ///< without a certificate: HTTP without TLS
  TrustedProxies proxies;  ///< whose word on where a request comes from is taken
  /// The limits of one address. A trusted proxy may have any number of connections, and requests
  /// count for whom it asks for. Any other reverse proxy is one address for everybody.
  HttpClients::Limits per_address;
  std::size_t max_connections = kMaxConnections;
  std::size_t max_waiting = kMaxRequestsWaiting;
  Micros handshake_timeout = kHandshakeTimeout;
  Micros header_timeout = kHeaderTimeout;
  Micros body_grace = kBodyGrace;
  std::size_t min_bytes_per_second = kMinBytesPerSecond;
  Micros idle_timeout = kIdleTimeout;
  Micros write_grace = kWriteGrace;
  Micros answer_timeout = kAnswerTimeout;
  Micros linger_timeout = kLingerTimeout;
};

/// One thread (the loop's) calls all members.
class HttpServer {
 public:
  /// Listens and starts the thread, which inherits the caller's signal mask. kInvalid for an
  /// address that is none, kUnavailable if it is taken or not ours, kDenied without permission;
  /// of the TLS files as check_tls_certificate() and check_tls_key() say.
  static Result<std::unique_ptr<HttpServer>> open(const HttpServerOptions& options);
  /// Closes every connection and joins the thread, at once.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Reads the TLS files again, for connections from now on; those that are open stay as they are.
  /// Fails as open() does, and goes on with what it had.
  Status reload_tls();

  /// Readable while drain() has something.
  int fd() const;

  /// Appends the requests for the core (/p/… and /healthz), oldest first, at most `max`.
  void drain(std::vector<HttpRequest>& requests, std::size_t max);

  /// Answers a request. Ignored if its connection has gone or its time (kAnswerTimeout) is over.
  void answer(HttpResponse response);

  /// "127.0.0.1:8480", with the port that was chosen.
  const std::string& endpoint() const;

  struct Counters {
    std::uint64_t connections = 0;  ///< accepted
    std::uint64_t over_limit = 0;   ///< of these, refused for their number
    std::uint64_t requests = 0;     ///< handed to the core
    std::uint64_t refused = 0;      ///< answered here with an error
    std::uint64_t timed_out = 0;    ///< connections too slow, in either direction
    std::uint64_t handshakes_failed = 0;  ///< of TLS, also those too slow
    std::uint64_t open = 0;         ///< connections now
  };
  Counters counters() const;

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace yizhan::broker
