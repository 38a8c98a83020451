#pragma once
// Every bound of the HTTP side. Each has a test at the limit and one past it.

#include <cstddef>

#include "config/time.h"

namespace yizhan::broker {

// ---- one request
inline constexpr std::size_t kMaxRequestLineBytes = 8 * 1024;  // without its CRLF; else 414
inline constexpr std::size_t kMaxHeaderFields = 32;            // else 431, as the next two
inline constexpr std::size_t kMaxHeaderLineBytes = 8 * 1024;   // without its CRLF
inline constexpr std::size_t kMaxHeaderBytes = 16 * 1024;      // all of them, with their CRLFs
inline constexpr std::size_t kMaxProbeBodyBytes = 4 * 1024;    // else 413
inline constexpr std::size_t kMaxLengthDigits = 10;            // of Content-Length; else 400
inline constexpr std::size_t kMaxChunkSizeDigits = 8;          // else 400, as the next two
inline constexpr std::size_t kMaxChunkExtensionBytes = 256;
inline constexpr std::size_t kMaxChunkLineBytes = 1024;  // a chunk's first line, or all trailers
/// A body as sent, with the framing of its chunks; else 413.
inline constexpr std::size_t kMaxFramedBodyBytes = 64 * 1024;
inline constexpr std::size_t kMaxUserAgentBytes = 256;  // the rest is cut
inline constexpr std::size_t kMaxFormFields = 16;
inline constexpr std::size_t kMaxLanguageRanges = 32;  // the rest of Accept-Language is ignored

// ---- time
inline constexpr Micros kHandshakeTimeout = std::chrono::seconds{10};  // of TLS; then closed
inline constexpr Micros kHeaderTimeout = std::chrono::seconds{10};  // then 408, as the next two
inline constexpr Micros kBodyGrace = std::chrono::seconds{5};       // before the rate counts
inline constexpr std::size_t kMinBytesPerSecond = 500;              // of a body in either direction
inline constexpr Micros kIdleTimeout = std::chrono::seconds{30};    // between requests: closed
inline constexpr Micros kWriteGrace = std::chrono::seconds{10};     // before the rate counts
inline constexpr Micros kAnswerTimeout = std::chrono::seconds{30};  // of the core; then 503
inline constexpr Micros kLingerTimeout = std::chrono::seconds{2};   // to read an answer's end

// ---- how many
inline constexpr int kMaxRequestsPerConnection = 100;
inline constexpr std::size_t kMaxConnections = 1'024;
inline constexpr std::size_t kMaxConnectionsPerAddress = 20;  // else 503
/// Connections past the limits that are still told so; further ones are just closed.
inline constexpr std::size_t kMaxConnectionsRefused = 64;
inline constexpr int kProbeRequestsPerMinute = 60;  // of one address; else 429
/// Addresses whose rate is remembered; beyond, all are forgotten.
inline constexpr std::size_t kMaxAddresses = 65'536;
/// Requests that the core has not taken yet; further ones get 503.
inline constexpr std::size_t kMaxRequestsWaiting = 512;

}  // namespace yizhan::broker
