#pragma once
// Sends webhooks from a thread of its own, so that no slow, dead or hostile receiver holds up the
// loop. Each order is one attempt; trying again is the core's.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "broker/webhook.h"
#include "config/result.h"

namespace yizhan::broker {

/// Attempts at the same time; further orders wait for their turn. One that waits for a name server
/// keeps its place until that answers, even if its time is over: lookups cannot be cancelled, and
/// must not pile up.
inline constexpr std::size_t kMaxWebhooksAtOnce = 8;
/// Orders that wait for their turn; further ones come back at once with an error.
inline constexpr std::size_t kMaxWebhooksWaiting = 1'024;
/// An answer is read so far; whatever follows is not waited for.
inline constexpr std::size_t kMaxWebhookAnswerBytes = 64 * 1024;
inline constexpr std::size_t kMaxWebhookAnswerHeadBytes = 16 * 1024;
inline constexpr std::size_t kWebhookBodyKept = 4 * 1024;

struct WebhookClientOptions {
  std::string ca_file;  ///< trusted beside the system's certificates; may be empty
};

/// One thread (the loop's) calls all members.
class WebhookClient {
 public:
  /// Starts the thread. kInvalid if ca_file cannot be used, kIo.
  static Result<std::unique_ptr<WebhookClient>> open(const WebhookClientOptions& options);
  /// Drops what is under way. May wait for the system's name lookup to give up.
  ~WebhookClient();
  WebhookClient(const WebhookClient&) = delete;
  WebhookClient& operator=(const WebhookClient&) = delete;

  /// Over TLS (1.2 or newer) the certificate and its host name are verified. Redirects are not
  /// followed.
  void send(WebhookOrder order);

  /// Readable while drain() has something.
  int fd() const;
  /// Appends all results that are there.
  void drain(std::vector<WebhookResult>& results);

 private:
  struct Parts;
  explicit WebhookClient(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace yizhan::broker
