#pragma once
// Opening the HTTP port. Included by http_server_beast.cpp only: it brings Asio with it.

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <utility>

#include "config/result.h"

namespace yizhan::broker {

/// Opens `acceptor` on "ADDRESS:PORT", "[ADDRESS]:PORT", "NAME:PORT" or "*:PORT" (all addresses,
/// IPv6 and IPv4).
Status listen_on(const std::string& listen, boost::asio::ip::tcp::acceptor& acceptor);

/// Where it listens: "127.0.0.1:8480", "[::1]:8480".
std::string endpoint_text(const boost::asio::ip::tcp::acceptor& acceptor);

/// IPv4 also when it came in through an IPv6 socket.
std::string address_text(const boost::asio::ip::address& address);

}  // namespace yizhan::broker
