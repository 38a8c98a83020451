#pragma once
// An HTTP server that runs, and clients of it, over loopback.

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/http_server_beast.h"
#include "config/daemon.h"

namespace yizhan::broker {

/// What must happen is waited for so long; it takes a fraction of that.
inline constexpr int kSomethingMs = 10'000;

inline HttpServerOptions some_options() {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  options.public_url = "https://relay.example.com";
  options.per_address = {.connections = 1'000, .probes_per_minute = 0};
  return options;
}

/// A socket as an attacker has it: no library in between.
struct Client {
  Descriptor fd;

  explicit Client(const HttpServer& server, int receive_buffer = 0)
      : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(fd.open());
    if (receive_buffer > 0) {
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    connect(server);
  }
  explicit Client(Descriptor unconnected) : fd(std::move(unconnected)) {}

  void connect(const HttpServer& server) const {
    const std::string& endpoint = server.endpoint();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int port = std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  /// False once the server takes no more.
  bool send(const std::string& bytes) const {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t now = ::send(fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += static_cast<std::size_t>(now);
    }
    return true;
  }
  void end() const { ::shutdown(fd.get(), SHUT_WR); }

  /// Reads until `count` answers' heads and bodies have come, or the connection ends.
  std::string read(std::size_t count = 1) {
    std::string bytes;
    char buffer[8192];
    while (answers(bytes) < count) {
      pollfd item{fd.get(), POLLIN, 0};
      REQUIRE(::poll(&item, 1, kSomethingMs) == 1);
      const ssize_t got = ::recv(fd.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
  }
  /// Whatever comes until the server closes.
  std::string read_all() { return read(1'000'000); }

  static std::size_t answers(const std::string& bytes) {
    std::size_t whole = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t end = bytes.find("\r\n\r\n", at);
      if (end == std::string::npos) break;
      const std::size_t length = bytes.find("Content-Length: ", at);
      const std::size_t body = length < end ? std::stoul(bytes.substr(length + 16, 12)) : 0;
      if (bytes.size() < end + 4 + body) break;
      at = end + 4 + body;
      ++whole;
    }
    return whole;
  }
};

inline int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(answer.substr(9, 3)) : 0;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

struct Running {
  std::unique_ptr<HttpServer> server;

  explicit Running(const HttpServerOptions& options = some_options()) {
    auto opened = HttpServer::open(options);
    REQUIRE(opened.ok());
    server = std::move(*opened);
  }
  /// The next requests for the core, as the loop gets them.
  std::vector<HttpRequest> take(std::size_t count = 1) const {
    std::vector<HttpRequest> requests;
    while (requests.size() < count) {
      pollfd item{server->fd(), POLLIN, 0};
      REQUIRE(::poll(&item, 1, kSomethingMs) == 1);
      server->drain(requests, count - requests.size());
    }
    return requests;
  }
  void answer(const HttpRequest& request, const std::string& body) const {
    server->answer({request.id, 200, "text/plain", body, {}});
  }
  /// A whole exchange that must work, whatever else is going on.
  void check_serves() const {
    Client client(*server);
    client.send(get("/healthz"));
    answer(take().front(), "fine");
    CHECK(client.read().ends_with("fine"));
  }
  /// The refusal that `bytes` get on a connection of their own, which then ends.
  std::string refusal(const std::string& bytes) const {
    Client client(*server);
    client.send(bytes);
    return client.read_all();
  }
};

}  // namespace yizhan::broker
