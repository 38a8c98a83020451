#pragma once
// One HTTP request out of the bytes of a connection: the gate of http_head.h judges the head, then
// Boost.Beast parses it and its body. No socket and no clock.

#include <cstddef>
#include <memory>
#include <string>

#include "broker/http.h"
#include "broker/http_head.h"

namespace yizhan::broker {

class HttpParser {
 public:
  /// `hosts` outlives it.
  explicit HttpParser(const HostList& hosts);
  ~HttpParser();
  HttpParser(HttpParser&&) noexcept;
  HttpParser& operator=(HttpParser&&) noexcept;

  enum class State {
    kHead,     ///< more bytes are needed for the head
    kBody,     ///< the head is good; more bytes are needed for the body
    kDone,     ///< request() is whole
    kRefused,  ///< refusal() says how it is answered; then the connection ends
  };
  State state() const;

  /// Takes the request's bytes from the front of `input` and leaves what follows it.
  State feed(std::string& input);

  const HttpPlan& plan() const;        ///< from kBody on
  const HttpVerdict& refusal() const;  ///< in kRefused
  const HttpHead& head() const;        ///< as far as it has been read
  std::size_t body_bytes() const;      ///< received so far, with their framing
  /// In kDone, once. `id` and `address` are left to the caller.
  HttpRequest take_request();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace yizhan::broker
