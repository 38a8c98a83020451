#include "broker/pages.h"

#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "broker/page_texts.h"
#include "config/base64.h"
#include "config/ids.h"

namespace yizhan::broker {

namespace {

constexpr std::string_view kStyle =
    "*{box-sizing:border-box}"
    ":root{color-scheme:light dark;--ink:#1c2430;--soft:#5a6472;--line:#e3e7ec;--card:#fff;"
    "--ground:#f3f5f7;--main:#1a5fb4;--on:#fff;--note:#eaf1fb;--good:#e6f4ea}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a3adba;--line:#353d48;"
    "--card:#20262e;--ground:#14181d;--main:#8ab8f2;--on:#10151b;--note:#22344d;--good:#1f3a29}}"
    "body{margin:0;padding:2.5rem 1rem;background:var(--ground);color:var(--ink);"
    "font:1rem/1.55 system-ui,-apple-system,\"Segoe UI\",\"Noto Sans\",\"PingFang SC\","
    "\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif}"
    "main{max-width:42rem;margin:0 auto;background:var(--card);border:1px solid var(--line);"
    "border-radius:.75rem;padding:1.5rem 2rem 2rem}"
    ".top{display:flex;justify-content:space-between;font-size:.875rem;color:var(--soft);"
    "margin-bottom:1.5rem}"
    "a{color:var(--main)}"
    "h1{font-size:1.5rem;line-height:1.3;margin:0 0 .25rem;overflow-wrap:anywhere}"
    "h2{font-size:1rem;margin:1.5rem 0 .25rem}"
    ".from,.hint{color:var(--soft);margin:0;overflow-wrap:anywhere}"
    ".hint{font-size:.875rem;margin-top:.75rem}"
    ".note{background:var(--note);border-radius:.5rem;padding:.6rem .9rem;margin:1.25rem 0;"
    "overflow-wrap:anywhere}"
    ".good{background:var(--good)}"
    "dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;margin:1.25rem 0 0}"
    "dt,dd{margin:0;padding:.45rem 0;border-top:1px solid var(--line)}"
    "dt{color:var(--soft);padding-right:1.25rem}"
    "dd{white-space:pre-wrap;overflow-wrap:anywhere}"
    "ul{margin:0;padding-left:1.2rem;overflow-wrap:anywhere}"
    "form{margin-top:1.75rem}"
    ".buttons{display:flex;flex-wrap:wrap;gap:.75rem}"
    "button{font:inherit;font-weight:600;min-height:2.875rem;padding:.5rem 1.5rem;"
    "border-radius:.5rem;border:1px solid var(--main);background:var(--card);color:var(--main);"
    "cursor:pointer}"
    "button:first-child{background:var(--main);color:var(--on)}"
    "button:focus-visible,a:focus-visible{outline:3px solid var(--main);outline-offset:2px}"
    "@media(max-width:32rem){body{padding:0}main{border:0;border-radius:0;min-height:100vh;"
    "padding:1.25rem}dl{grid-template-columns:minmax(5rem,32%) 1fr}dt{padding-right:.75rem}"
    ".buttons{flex-direction:column}button{width:100%}}";

/// The style is allowed by its hash, so that nothing injected could be.
const std::string& content_policy() {
  static const std::string policy = [] {
    const Sha256 hash = sha256_of(kStyle);
    return "default-src 'none'; style-src 'sha256-" + to_base64(hash.view()) +
           "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
  }();
  return policy;
}

HttpResponse with_headers(std::uint64_t id, int status, std::string content_type,
                          std::string body) {
  HttpResponse response{id, status, std::move(content_type), std::move(body), {}};
  response.headers = {
      {"Cache-Control", "no-store"},         {"Referrer-Policy", "no-referrer"},
      {"X-Robots-Tag", "noindex, nofollow"}, {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},           {"Content-Security-Policy", content_policy()}};
  return response;
}

/// `text` escaped, with "…" in place of what is past kMaxPageValueBytes.
std::string shown(std::string_view text) {
  if (text.size() <= kMaxPageValueBytes) return escape_html(text);
  auto size = static_cast<std::int32_t>(kMaxPageValueBytes);
  U8_SET_CP_START(reinterpret_cast<const std::uint8_t*>(text.data()), 0, size);
  return escape_html(text.substr(0, static_cast<std::size_t>(size))) + "…";
}

/// A time of a task file as people write it, its offset kept: "2026-03-06 18:00 (UTC+08:00)".
std::string readable_time(std::string_view value) {
  constexpr std::size_t kMinutes = 16;
  if (value.size() <= kMinutes || !parse_time(value)) return std::string(value);
  const std::size_t zone = value.find_first_of("Zz+-", kMinutes);
  const std::string offset(value.substr(std::min(zone, value.size())));
  return std::string(value.substr(0, 10)) + " " + std::string(value.substr(11, 5)) + " (UTC" +
         (offset == "Z" || offset == "z" ? "" : offset) + ")";
}

std::string field_row(const std::string& name, const std::string& value, Language language) {
  const std::string_view word = word_of_value(name, value, language);
  return "<dt>" + shown(label_of_field(name, language)) + "</dt><dd dir=\"auto\">" +
         shown(readable_time(word)) + "</dd>";
}

std::string frame(std::string_view title, const std::string& content, Language language) {
  const bool chinese = language == Language::kChinese;
  const Language other = chinese ? Language::kEnglish : Language::kChinese;
  std::string html = "<!DOCTYPE html>\n<html lang=\"";
  html.append(chinese ? "zh-CN" : "en").append("\"><head><meta charset=\"utf-8\"><title>");
  html.append(shown(title)).append("</title>");
  html +=
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<meta name=\"robots\" content=\"noindex\"><style>";
  html.append(kStyle).append("</style></head><body><main><div class=\"top\"><span>Yizhan ");
  html.append("<span lang=\"zh-CN\">驿站</span></span><a href=\"?lang=");
  html.append(language_code(other)).append("\" lang=\"").append(chinese ? "en" : "zh-CN");
  html.append("\">").append(text_of(Text::kOtherLanguage, language)).append("</a></div>");
  return html.append(content).append("</main></body></html>\n");
}

HttpResponse html_page(std::uint64_t id, int status, std::string_view title,
                       const std::string& content, Language language) {
  HttpResponse response =
      with_headers(id, status, "text/html; charset=utf-8", frame(title, content, language));
  response.headers.emplace_back("Content-Language", language_code(language));
  return response;
}

std::string heading(std::string_view title) {
  return "<h1 dir=\"auto\">" + shown(title) + "</h1>";
}

HttpResponse notice_page(std::uint64_t id, int status, std::string_view title,
                         std::string_view hint, Language language) {
  return html_page(id, status, title, heading(title) + "<p class=\"from\">" + shown(hint) + "</p>",
                   language);
}

std::string state_note(const ProbePage& page, Language language) {
  if (page.state != ProbePage::kActivated) {
    if (page.buttons.empty()) return "";
    return "<p class=\"note\">" + shown(text_of(Text::kWaiting, language)) + "</p>";
  }
  const auto at = std::chrono::floor<std::chrono::minutes>(page.activated_at);
  return "<p class=\"note good\">" + shown(text_of(Text::kAnswered, language)) + "<strong>" +
         shown(words_of_state(page.activated_as, language).done) + "</strong> · " +
         shown(readable_time(format_time(at))) + "</p>";
}

std::string attachment_list(const ProbePage& page, Language language) {
  if (page.attachments.empty()) return "";
  std::string html = "<h2>" + shown(text_of(Text::kAttachments, language)) + "</h2><ul>";
  const std::size_t count = std::min(page.attachments.size(), kMaxPageAttachments);
  for (std::size_t i = 0; i < count; ++i) {
    html += "<li dir=\"auto\">" + shown(page.attachments[i]) + "</li>";
  }
  if (count < page.attachments.size()) html += "<li>…</li>";
  return html + "</ul><p class=\"hint\">" + shown(text_of(Text::kAttachmentsHint, language)) +
         "</p>";
}

std::string button_form(const ProbePage& page, Language language) {
  if (page.buttons.empty()) return "";
  std::string html = "<form method=\"post\" action=\"?lang=";
  html += language_code(language);
  html += "\"><input type=\"hidden\" name=\"nonce\" value=\"" + escape_html(page.nonce) +
          "\"><input type=\"hidden\" name=\"confirm\" value=\"1\"><div class=\"buttons\">";
  const std::size_t count = std::min(page.buttons.size(), kMaxPageButtons);
  for (std::size_t i = 0; i < count; ++i) {
    html += "<button type=\"submit\" name=\"state\" value=\"" + escape_html(page.buttons[i]) +
            "\">" + shown(words_of_state(page.buttons[i], language).button) + "</button>";
  }
  return html + "</div></form><p class=\"hint\">" + shown(text_of(Text::kAnswerHint, language)) +
         "</p>";
}

bool is_allowed(UChar32 c) {
  return c >= 0x20 ? c < 0x7F || c > 0x9F : c == '\n' || c == '\t';
}

void append_escaped(std::string& html, UChar32 c, std::string_view bytes) {
  if (c == '\r') return;  // of a line end
  if (c < 0 || !is_allowed(c)) {
    html += "\xEF\xBF\xBD";
  } else if (c == '&') {
    html += "&amp;";
  } else if (c == '<') {
    html += "&lt;";
  } else if (c == '>') {
    html += "&gt;";
  } else if (c == '"') {
    html += "&quot;";
  } else if (c == '\'') {
    html += "&#39;";
  } else {
    html += bytes;
  }
}

}  // namespace

HttpResponse probe_page(std::uint64_t id, const ProbePage& page, Language language) {
  if (page.state == ProbePage::kExpired) {
    return notice_page(id, 410, text_of(Text::kExpired, language),
                       text_of(Text::kExpiredHint, language), language);
  }
  if (page.state == ProbePage::kCancelled) {
    return notice_page(id, 410, text_of(Text::kCancelled, language),
                       text_of(Text::kCancelledHint, language), language);
  }
  std::string html = heading(page.title) + "<p class=\"from\">" +
                     shown(text_of(Text::kFrom, language)) + " <bdi>" + shown(page.sender) +
                     "</bdi></p>" + state_note(page, language) + "<dl>";
  const std::size_t count = std::min(page.fields.size(), kMaxPageFields);
  for (std::size_t i = 0; i < count; ++i) {
    html += field_row(page.fields[i].first, page.fields[i].second, language);
  }
  html += "</dl>" + attachment_list(page, language) + button_form(page, language);
  return html_page(id, 200, page.title, html, language);
}

HttpResponse thanks_page(std::uint64_t id, std::string_view title, std::string_view state,
                         Language language) {
  const std::string html =
      heading(text_of(Text::kThanks, language)) + "<p class=\"from\" dir=\"auto\">" + shown(title) +
      "</p><p class=\"note good\"><strong>" + shown(words_of_state(state, language).done) +
      "</strong></p><p class=\"hint\">" + shown(text_of(Text::kThanksHint, language)) + "</p>";
  return html_page(id, 200, text_of(Text::kThanks, language), html, language);
}

HttpResponse status_page(std::uint64_t id, int status, Language language) {
  const StatusWords words = words_of_status(status, language);
  return notice_page(id, status, words.title, words.hint, language);
}

HttpResponse plain_page(std::uint64_t id, int status, std::string text) {
  return with_headers(id, status, "text/plain; charset=utf-8", std::move(text));
}

std::string escape_html(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::string html;
  html.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, text.size(), c);
    append_escaped(html, c, text.substr(start, at - start));
  }
  return html;
}

}  // namespace yizhan::broker
