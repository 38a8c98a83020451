#include "broker/http_listen_beast.h"

#include <boost/asio/ip/v6_only.hpp>
#include <vector>

#include "config/option_value.h"

namespace yizhan::broker {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kListenBacklog = 1'024;

Error open_error(const std::string& listen, const error_code& error) {
  const std::string what = "listening for HTTP on " + listen + ": ";
  if (error == asio::error::address_in_use) {
    return {Code::kUnavailable,
            what + "another program has this port; stop it or change [broker] http_listen"};
  }
  if (error == boost::system::errc::address_not_available || error == asio::error::host_not_found ||
      error == asio::error::host_not_found_try_again) {
    return {Code::kUnavailable,
            what + "this machine has no such address; change [broker] http_listen"};
  }
  if (error == asio::error::access_denied) {
    return {Code::kDenied, what + "no permission for this port; use one above 1023"};
  }
  return {Code::kUnavailable, what + error.message()};
}

/// What to try, the best first.
std::vector<tcp::endpoint> candidates(const std::string& host, const std::string& port,
                                      error_code& error) {
  const auto number = static_cast<unsigned short>(std::stoi(port));
  if (host == "*") return {{tcp::v6(), number}, {tcp::v4(), number}};
  const bool bracketed = host.starts_with('[');
  const std::string name = bracketed ? host.substr(1, host.size() - 2) : host;
  const auto address = asio::ip::make_address(name, error);
  if (!error) return {{address, number}};
  asio::io_context io;
  tcp::resolver resolver(io);
  std::vector<tcp::endpoint> found;
  for (const auto& entry : resolver.resolve(name, port, tcp::resolver::passive, error)) {
    found.push_back(entry.endpoint());
  }
  return found;
}

error_code try_listen(const tcp::endpoint& endpoint, bool both, tcp::acceptor& acceptor) {
  error_code error;
  error_code ignored;
  acceptor.close(ignored);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(!both), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kListenBacklog, error);
  return error;
}

}  // namespace

Status listen_on(const std::string& listen, tcp::acceptor& acceptor) {
  TRY(check_listen_address(listen));
  const std::size_t colon = listen.rfind(':');
  const std::string host = listen.substr(0, colon);
  error_code error;
  for (const tcp::endpoint& endpoint : candidates(host, listen.substr(colon + 1), error)) {
    error = try_listen(endpoint, host == "*", acceptor);
    if (!error) return {};
  }
  return open_error(listen, error);
}

std::string endpoint_text(const tcp::acceptor& acceptor) {
  error_code error;
  const tcp::endpoint endpoint = acceptor.local_endpoint(error);
  const std::string address = endpoint.address().to_string();
  const std::string host = endpoint.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(endpoint.port());
}

std::string address_text(const asio::ip::address& address) {
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  if (!mapped) return address.to_string();
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
}

}  // namespace yizhan::broker
