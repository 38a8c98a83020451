#pragma once
// Inside of config/options: single values, from and to text. An Error here says what is wrong with
// the value; the caller adds key, file and line.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "config/time.h"

namespace yizhan {

/// What a path in a configuration file is relative to.
struct PathBase {
  std::string folder;  ///< of the configuration file
  std::string home;    ///< for "~/"
};

/// The absolute, normalised path. "~/x" lies in `home`, a relative path in `folder`.
Result<std::string> read_path(std::string_view text, const PathBase& base);

/// A duration from `least` to `most`.
Result<Micros> read_duration(std::string_view text, Micros least, Micros most);

/// A decimal integer from `least` to `most`.
Result<std::int64_t> read_integer(std::string_view text, std::int64_t least, std::int64_t most);

/// "64KiB", "1MiB", "2GiB" or "512B", from `least` to `most` bytes; and the shortest exact form.
Result<std::size_t> read_size(std::string_view text, std::size_t least, std::size_t most);
std::string write_size(std::size_t bytes);

/// Parts between commas, without the blanks around them. No part may be empty.
Result<std::vector<std::string>> read_list(std::string_view text);
std::string write_list(const std::vector<std::string>& parts);

/// A command's arguments: parted by blanks, double quotes group, at most 64; the first one is an
/// absolute path or begins with "~/". There is no shell and no other quoting.
Result<std::vector<std::string>> read_command(std::string_view text, const PathBase& base);
std::string write_command(const std::vector<std::string>& arguments);

/// "HOST:PORT", "[IPv6]:PORT", or "*:PORT" for every address of this machine. Port 0 is any free
/// one.
Status check_listen_address(std::string_view text);
/// "tcp://" and such an address.
Status check_tcp_listen(std::string_view text);
/// The same with a host and a port to connect to: no "*", no 0.
Status check_tcp_peer(std::string_view text);
/// "http://…" or "https://…", without blanks.
Status check_http_url(std::string_view text);
/// "sqlite:///path" or "mysql://…".
Status check_store_url(std::string_view text);
/// The URL with its password as "***".
std::string without_password(const std::string& url);
/// 40 characters of Z85.
Status check_public_key(std::string_view text);
/// The same, and a key that can verify signatures.
Status check_verify_key(std::string_view text);

}  // namespace yizhan
