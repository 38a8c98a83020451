#include "broker/http_text.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace yizhan::broker {

namespace {

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void add_header(std::string& text, std::string_view name, std::string_view value) {
  if (!is_one_line(name) || !is_one_line(value)) return;
  text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string http_date(Instant time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string response_text(const HttpResponse& response, const HttpFrame& frame) {
  std::string text;
  text.reserve(1024 + response.body.size());
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason(response.status)).append("\r\n");
  add_header(text, "Date", http_date(frame.now));
  if (!response.content_type.empty()) add_header(text, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add_header(text, name, value);
  add_header(text, "Content-Length", std::to_string(response.body.size()));
  if (!frame.keep_alive) add_header(text, "Connection", "close");
  text += "\r\n";
  if (!frame.without_body) text += response.body;
  return text;
}

}  // namespace yizhan::broker
