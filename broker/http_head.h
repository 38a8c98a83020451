#pragma once
// The gate before the HTTP parser: reads a request's head byte by byte, by stricter rules than any
// parser, and refuses everything that two programs could read in two ways. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yizhan::broker {

struct HttpHead {
  std::string method;
  std::string target;
  int major = 0;
  int minor = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case, in order

  /// The first field of this name (lower case), or null.
  const std::string* find(std::string_view name) const;
  std::string value(std::string_view name) const;  ///< of the first, or empty
  std::size_t count(std::string_view name) const;
};

/// Reads one head out of bytes that arrive in pieces, each byte once.
class HeadReader {
 public:
  enum class State { kMore, kDone, kRefused };

  /// `bytes` is everything received since the head's first byte: what it was in the last call, and
  /// more. Refuses as soon as what is there cannot become a good head.
  State read(std::string_view bytes);

  const HttpHead& head() const { return head_; }
  std::size_t size() const { return line_start_; }  ///< of the head, when done
  int status() const { return status_; }            ///< when refused: 400, 414 or 431

 private:
  State refuse(int status);
  State take_line(std::string_view line);
  State take_request_line(std::string_view line);
  State take_field(std::string_view line);
  State check_unfinished_line(std::size_t size);

  HttpHead head_;
  std::size_t line_start_ = 0;
  std::size_t looked_at_ = 0;
  std::size_t fields_start_ = 0;  // 0: the request line is still to come
  State state_ = State::kMore;
  int status_ = 0;
};

/// Host names under which the broker may be reached: those of public_url and of the address that it
/// listens on, and this machine's own. Everything else is somebody's rebound name.
class HostList {
 public:
  HostList(const std::string& public_url, const std::string& listen);
  /// `host` is the value of a Host header; its port does not matter.
  bool allows(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

enum class HttpArea {
  kNone,
  kProbe,   ///< /p/TOKEN
  kHealth,  ///< /healthz
};

/// What the head of a good request means for the connection.
struct HttpPlan {
  HttpArea area = HttpArea::kNone;
  bool keep_alive = false;
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool expects_continue = false;
  bool prefetch = false;
};

struct HttpVerdict {
  int status = 0;  ///< 0: served; else what it is answered with, and the connection ends
  const char* allow = nullptr;  ///< for 405: the methods
  HttpPlan plan;                ///< if served
};

/// Judges a head that HeadReader took.
HttpVerdict judge_head(const HttpHead& head, const HostList& hosts);

}  // namespace yizhan::broker
