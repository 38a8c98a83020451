#pragma once
// The pages that people see behind a probe's link: HTML without script, in their language, with
// everything escaped and every security header. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/http.h"
#include "broker/language.h"
#include "config/time.h"

namespace yizhan::broker {

/// A value longer than this is cut with "…", and lists are cut at so many items: a page is for a
/// phone, and the message itself is elsewhere.
inline constexpr std::size_t kMaxPageValueBytes = 4 * 1024;
inline constexpr std::size_t kMaxPageFields = 40;
inline constexpr std::size_t kMaxPageAttachments = 50;
inline constexpr std::size_t kMaxPageButtons = 6;

struct ProbePage {
  enum State { kWaiting, kActivated, kExpired, kCancelled };

  std::string title;   ///< what it is about: a job, a question
  std::string sender;  ///< as people know him
  /// The data behind the link, in this order: a field's name ("job.due") and its value. Names and
  /// the words of known vocabularies are shown in the reader's language.
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::string> attachments;  ///< names
  std::vector<std::string> buttons;      ///< activation states that may be chosen: "accepted", …
  State state = kWaiting;
  std::string activated_as;  ///< if kActivated: the activation state
  Instant activated_at;
  std::string nonce;  ///< of broker/probe_link.h
};

/// 200 with data and buttons; while kActivated also what was answered; 410 without any data if it
/// is expired or cancelled. A button POSTs state, nonce and confirm=1 to the page's own address.
HttpResponse probe_page(std::uint64_t id, const ProbePage& page, Language language);

/// 200 after an answer. The same arguments, the same text: a repeated answer is answered so too.
HttpResponse thanks_page(std::uint64_t id, std::string_view title, std::string_view state,
                         Language language);

/// Why there is nothing to see: 400, 404, 408, 413, 421, 429, 503, … The text depends on nothing
/// but the status and the language.
HttpResponse status_page(std::uint64_t id, int status, Language language);

/// Plain text for programs, /healthz for one.
HttpResponse plain_page(std::uint64_t id, int status, std::string text);

/// `text` as HTML text or as a quoted attribute. Control characters other than line feeds and tabs,
/// and bytes that are not UTF-8, become U+FFFD; carriage returns vanish.
std::string escape_html(std::string_view text);

}  // namespace yizhan::broker
