#pragma once
// The inside of the HTTP server, for its two halves: http_server_beast.cpp (connections come, are
// counted, watched and ended) and http_talk_beast.cpp (what is said on one). Nobody else includes
// it: it brings Asio with it. All of it runs in the server's thread, but for what says otherwise.

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "broker/handover_linux.h"
#include "broker/http_head.h"
#include "broker/http_parser_beast.h"
#include "broker/http_server_beast.h"
#include "broker/language.h"

namespace yizhan::broker {

struct HttpConnection {
  enum class Phase { kHandshake, kIdle, kHead, kBody, kAnswer, kWrite, kLinger };
  using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

  explicit HttpConnection(boost::asio::ip::tcp::socket accepted)
      : socket(std::move(accepted)), answered(socket.get_executor()) {}

  boost::asio::ip::tcp::socket socket;
  std::optional<Tls> tls;              ///< over `socket`, if this is a server with TLS
  boost::asio::steady_timer answered;  ///< cancelled when the answer is there
  std::string address;
  std::string share;
  bool has_place = false;  ///< counts as one of all
  bool has_share = false;  ///< and as one of its address
  std::string input;
  Phase phase = Phase::kHead;
  Steady since{};  ///< of the phase
  Steady deadline = Steady::max();
  bool timed_out = false;
  std::optional<HttpResponse> answer;
};

using HttpConnectionPtr = std::shared_ptr<HttpConnection>;

struct HttpServer::Parts {
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  using tcp = boost::asio::ip::tcp;
  using Phase = HttpConnection::Phase;

  Parts(const HttpServerOptions& given, Descriptor event)
      : options(given),
        hosts(given.public_url, given.listen),
        clients(given.per_address),
        waiting(std::move(event), given.max_waiting) {}

  awaitable<void> accept_all();
  void welcome(tcp::socket socket);
  awaitable<void> serve(HttpConnectionPtr self);
  awaitable<bool> shake_hands(HttpConnection& c);
  awaitable<std::size_t> read_some(HttpConnection& c, std::size_t at, boost::system::error_code& e);
  awaitable<int> receive(HttpConnection& c, HttpParser& parser, bool first);
  awaitable<HttpResponse> respond(HttpConnection& c, HttpParser& parser, int status, bool& keep);
  awaitable<HttpResponse> ask_core(HttpConnection& c, HttpRequest request);
  awaitable<bool> write(HttpConnection& c, const std::string& text);
  awaitable<void> turn_away(HttpConnectionPtr self);
  awaitable<void> linger(HttpConnection& c);
  HttpResponse refusal(int status, Language language);
  Micros time_for(std::size_t bytes) const;
  void enter(HttpConnection& c, Phase phase, Micros allowed);
  void start(const HttpConnectionPtr& c, awaitable<void> conversation);
  void give_up_place(HttpConnection& c);
  void close_longest_idle();
  void warn_of_accept(const boost::system::error_code& error);
  void arm_sweep();
  void sweep();
  void finish(HttpResponse response);
  void close_all();

  const HttpServerOptions options;
  const HostList hosts;
  boost::asio::io_context io{1};
  tcp::acceptor acceptor{io};
  boost::asio::steady_timer accept_pause{io};
  boost::asio::steady_timer sweeper{io};
  bool sweeping = false;
  bool closing = false;
  HttpClients clients;
  std::set<HttpConnectionPtr> connections;
  std::optional<boost::asio::ssl::context> tls;
  std::size_t places = 0;  // taken
  std::size_t turned_away = 0;
  std::uint64_t last_id = 0;
  std::unordered_map<std::uint64_t, HttpConnection*> asked;  // the core
  std::optional<Steady> warned;
  std::string endpoint;
  // Shared with the loop's thread.
  Handover<HttpRequest> waiting;
  struct {
    std::atomic<std::uint64_t> connections, over_limit, requests, refused, timed_out,
        handshakes_failed, open;
  } counters{};
  std::thread thread;
};

}  // namespace yizhan::broker
