#include "broker/http_head.h"

#include <algorithm>
#include <array>

#include "broker/http_limits.h"

namespace yizhan::broker {

namespace {

constexpr std::string_view kTokenSigns = "!#$%&'*+-.^_`|~";
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_letter(c) || kTokenSigns.find(c) != std::string_view::npos;
  });
}

/// Of a field's value. Bytes from 0x80 on are somebody's UTF-8.
bool is_value_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7F);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// The items of a comma-separated list, in lower case.
bool has_item(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (lower(trimmed(list.substr(0, comma))) == wanted) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// The path with its escapes read, or empty if it has one that is malformed, hides a slash or a
/// control character, or has a segment "..".
std::optional<std::string> decode_path(std::string_view path) {
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    if (i + 2 >= path.size()) return std::nullopt;
    const int high = hex_value(path[i + 1]);
    const int low = hex_value(path[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const int byte = high * 16 + low;
    if (byte < 0x20 || byte == 0x7F || byte == '/' || byte == '\\') return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  const std::string framed = decoded + "/";
  return framed.find("/../") == std::string::npos ? std::optional(decoded) : std::nullopt;
}

bool is_good_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return false;
  const bool visible = std::all_of(target.begin(), target.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '#' && c != '\\' && c != '"' && c != '<' && c != '>';
  });
  if (!visible || lower(target).find("%00") != std::string::npos) return false;
  return decode_path(target.substr(0, target.find('?'))).has_value();
}

HttpArea area_of(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/healthz") return HttpArea::kHealth;
  return path.starts_with("/p/") && path.size() > 3 ? HttpArea::kProbe : HttpArea::kNone;
}

/// 400 unless the body's length is told at most once, in one way.
int read_framing(const HttpHead& head, HttpPlan& plan) {
  const std::string* length = head.find("content-length");
  const std::string* encoding = head.find("transfer-encoding");
  if (head.count("content-length") + head.count("transfer-encoding") > 1) return 400;
  if (length != nullptr) {
    if (length->empty() || length->size() > kMaxLengthDigits) return 400;
    for (const char c : *length) {
      if (!is_digit(c)) return 400;
      plan.content_length = plan.content_length * 10 + static_cast<std::uint64_t>(c - '0');
    }
  }
  if (encoding != nullptr) {
    if (*encoding != "chunked" || head.minor == 0) return 400;
    plan.chunked = true;
  }
  return 0;
}

int judge_host(const HttpHead& head, const HostList& hosts) {
  if (head.count("host") != 1) return 400;
  return hosts.allows(*head.find("host")) ? 0 : 421;
}

int judge_body(const HttpHead& head, const HttpPlan& plan) {
  if (plan.content_length > kMaxProbeBodyBytes) return 413;
  if (head.method != "POST") return 0;
  const std::string* type = head.find("content-type");
  const bool is_form =
      type != nullptr && head.count("content-type") == 1 && lower(*type) == kFormType;
  return is_form ? 0 : 415;
}

bool asks_in_advance(const HttpHead& head) {
  constexpr std::array<const char*, 4> kNames = {"purpose", "sec-purpose", "x-purpose", "x-moz"};
  return std::any_of(kNames.begin(), kNames.end(), [&](const char* name) {
    const std::string* value = head.find(name);
    if (value == nullptr) return false;
    const std::string small = lower(*value);
    return small.find("prefetch") != std::string::npos ||
           small.find("prerender") != std::string::npos ||
           small.find("preview") != std::string::npos;
  });
}

/// "host", "host:1", "[::1]:1" without its port; empty if it is none of these.
std::string_view host_name(std::string_view host) {
  const std::size_t end = host.starts_with('[') ? host.find(']') : host.find(':');
  if (end == std::string_view::npos) return host.starts_with('[') ? std::string_view() : host;
  const std::size_t name_size = host.starts_with('[') ? end + 1 : end;
  const std::string_view port = host.substr(name_size);
  if (port.empty()) return host;
  const bool good = port.front() == ':' && port.size() > 1 && port.size() <= 6 &&
                    std::all_of(port.begin() + 1, port.end(), is_digit);
  return good ? host.substr(0, name_size) : std::string_view();
}

}  // namespace

const std::string* HttpHead::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& field) { return field.first == name; });
  return found == fields.end() ? nullptr : &found->second;
}

std::string HttpHead::value(std::string_view name) const {
  const std::string* found = find(name);
  return found == nullptr ? std::string() : *found;
}

std::size_t HttpHead::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; }));
}

HeadReader::State HeadReader::read(std::string_view bytes) {
  while (state_ == State::kMore && looked_at_ < bytes.size()) {
    const char c = bytes[looked_at_++];
    if (c != '\n') {
      // A CR is good only before a LF, which may be still to come.
      const bool after_cr = looked_at_ >= line_start_ + 2 && bytes[looked_at_ - 2] == '\r';
      if (after_cr || !(c == '\r' || is_value_byte(c))) return refuse(400);
      if (check_unfinished_line(looked_at_ - line_start_ - (c == '\r' ? 1 : 0)) != State::kMore) {
        return state_;
      }
      continue;
    }
    const std::string_view line = bytes.substr(line_start_, looked_at_ - 1 - line_start_);
    line_start_ = looked_at_;
    if (!line.ends_with('\r')) return refuse(400);
    take_line(line.substr(0, line.size() - 1));
  }
  return state_;
}

HeadReader::State HeadReader::refuse(int status) {
  status_ = status;
  return state_ = State::kRefused;
}

HeadReader::State HeadReader::check_unfinished_line(std::size_t size) {
  if (fields_start_ == 0) return size > kMaxRequestLineBytes ? refuse(414) : state_;
  const bool long_line = size > kMaxHeaderLineBytes;
  return long_line || line_start_ - fields_start_ + size > kMaxHeaderBytes ? refuse(431) : state_;
}

HeadReader::State HeadReader::take_line(std::string_view line) {
  if (fields_start_ == 0) {
    fields_start_ = line_start_;
    return take_request_line(line);
  }
  if (line.empty()) return state_ = State::kDone;
  if (line_start_ - fields_start_ > kMaxHeaderBytes) return refuse(431);
  return take_field(line);
}

HeadReader::State HeadReader::take_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse(400);
  const std::string_view version = line.substr(last + 1);
  head_.method = line.substr(0, first);
  head_.target = line.substr(first + 1, last - first - 1);
  const bool good = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                    version[6] == '.' && is_digit(version[7]);
  if (!good || !is_token(head_.method) || head_.target.find(' ') != std::string::npos) {
    return refuse(400);
  }
  head_.major = version[5] - '0';
  head_.minor = version[7] - '0';
  return state_;
}

HeadReader::State HeadReader::take_field(std::string_view line) {
  // A line that starts with a blank would continue the last one, and has no token before its colon.
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refuse(400);
  if (head_.fields.size() == kMaxHeaderFields) return refuse(431);
  head_.fields.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return state_;
}

HostList::HostList(const std::string& public_url, const std::string& listen)
    : names_{"localhost", "127.0.0.1", "[::1]"} {
  const std::size_t scheme = public_url.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string_view authority = std::string_view(public_url).substr(start);
  for (const std::string_view host :
       {authority.substr(0, authority.find('/')), std::string_view(listen)}) {
    const std::string name = lower(host_name(host));
    // "Any address" is no name of ours, though browsers connect to it.
    if (name != "*" && name != "0.0.0.0" && name != "[::]") names_.push_back(name);
  }
}

bool HostList::allows(std::string_view host) const {
  const std::string name = lower(host_name(host));
  return !name.empty() && std::find(names_.begin(), names_.end(), name) != names_.end();
}

HttpVerdict judge_head(const HttpHead& head, const HostList& hosts) {
  HttpVerdict verdict;
  const auto refuse = [&](int status) {
    verdict.status = status;
    return verdict;
  };
  HttpPlan& plan = verdict.plan;
  if (head.major != 1 || head.minor > 1) return refuse(505);
  if (const int status = read_framing(head, plan)) return refuse(status);
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (!reads && head.method != "POST") {
    verdict.allow = "GET, HEAD, POST";
    return refuse(405);
  }
  if (const int status = judge_host(head, hosts)) return refuse(status);
  if (!is_good_target(head.target)) return refuse(400);
  plan.area = area_of(head.target);
  if (plan.area == HttpArea::kNone) return refuse(404);
  if (plan.area == HttpArea::kHealth && !reads) {
    verdict.allow = "GET, HEAD";
    return refuse(405);
  }
  if (const int status = judge_body(head, plan)) return refuse(status);
  if (const std::string* expect = head.find("expect")) {
    if (lower(*expect) != "100-continue") return refuse(417);
    plan.expects_continue = head.minor == 1 && (plan.chunked || plan.content_length > 0);
  }
  const std::string* connection = head.find("connection");
  plan.keep_alive = head.minor == 1 && (connection == nullptr || !has_item(*connection, "close"));
  plan.prefetch = asks_in_advance(head);
  return verdict;
}

}  // namespace yizhan::broker
