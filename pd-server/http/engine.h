#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/message.h"
#include "http/router.h"

namespace pd::http {

// Every bound of the engine. Nothing a client does lasts longer or grows larger.
struct Limits {
  std::size_t header_bytes = 8 * 1024;
  std::size_t body_bytes = 64 * 1024;
  std::size_t connections = 20'000;
  std::size_t connections_per_peer = 256;  // by IPv4 address or IPv6 /64
  std::size_t requests_per_connection = 100'000;
  std::chrono::seconds handshake{10};
  std::chrono::seconds header{10};      // from first byte to the end of the headers
  std::chrono::seconds body{20};        // whole body
  std::chrono::seconds handler{30};
  std::chrono::seconds write{20};       // whole answer
  std::chrono::seconds idle{60};        // between requests
};

struct TlsFiles {
  std::string certificate;  // PEM chain
  std::string key;          // PEM
};

// What the engine tells of itself; called on the thread of the connection, must not block.
struct Observer {
  std::function<void(const Request&, const Response&, std::chrono::nanoseconds)> answered;
  std::function<void(std::string_view what)> refused;  // "tls", "header-limit", "connections" …: a fixed set
};

// Listens, speaks TLS and HTTP/1.1, hands requests to a router. Knows nothing of what they mean.
//
// The engine owns one io_context and one thread for each core. stop() ends accepting at once, lets requests under way
// finish (up to `grace`), then closes the rest. All functions may be called from any thread.
class Engine {
 public:
  // `error_body` makes the answer for what the engine itself refuses (400, 408, 413, 414, 431, 503); the connection is
  // closed after it.
  using ErrorBody = std::function<Response(unsigned status)>;

  Engine(Limits limits, unsigned threads, ErrorBody error_body, Observer observer);
  ~Engine();

  // The contexts on which handlers run; for services that need timers and sockets. Round robin with each call.
  boost::asio::io_context& context();

  // Binds and listens; port 0 chooses one. `tls` empty: plain HTTP (behind a proxy, or for metrics). Returns the bound
  // endpoint. Throws boost::system::system_error or std::runtime_error (certificate).
  boost::asio::ip::tcp::endpoint listen(const boost::asio::ip::tcp::endpoint& endpoint, std::shared_ptr<const Router> router,
                                        const TlsFiles* tls);

  // Reads all certificates again; connections that exist keep theirs. On failure keeps the old ones and throws.
  void reload_certificates();

  void start();
  void stop(std::chrono::seconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pd::http
