#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/message.h"
#include "http/router.h"

namespace pd::http {

// Every bound of the engine. Nothing a client does lasts longer or grows larger.
struct Limits {
  using Time = std::chrono::milliseconds;

  std::size_t header_bytes = 8 * 1024;  // request line and headers
  std::size_t header_count = 64;
  std::size_t body_bytes = 64 * 1024;
  std::size_t connections = 20'000;
  std::size_t connections_per_peer = 256;  // by IPv4 address or IPv6 /56
  std::size_t requests_per_connection = 100'000;
  Time handshake = std::chrono::seconds(10);
  Time header = std::chrono::seconds(10);  // from first byte to the end of the headers
  Time body = std::chrono::seconds(20);    // whole body
  Time handler = std::chrono::seconds(30);
  Time write = std::chrono::seconds(20);  // whole answer
  Time idle = std::chrono::seconds(60);   // between requests
  Time linger = std::chrono::seconds(2);  // after the last answer, until the client closes too
  // Of an answer that has a source; each piece of it must be sent within `write`.
  Time heartbeat = std::chrono::seconds(15);
  Time stream = std::chrono::hours(1);  // all of it
};

struct TlsFiles {
  std::string certificate;  // PEM chain
  std::string key;          // PEM
};

// What the engine tells of itself; called on the thread of the connection, must neither block nor throw.
struct Observer {
  // A handler's answer is on its way, whole; the time runs from the last byte of the request. Also called for an answer
  // 500 that stands for an exception.
  std::function<void(const Request&, const Response&, std::chrono::nanoseconds)> answered;
  // What was turned away or cut off, one of a fixed set: see refusal.h.
  std::function<void(std::string_view what)> refused;
  // A handler threw. For the log: the client sees `error_body(500)` and nothing of the exception.
  std::function<void(const Request&, std::exception_ptr)> failed;
};

// Listens, speaks TLS and HTTP/1.1, hands requests to a router. Knows nothing of what they mean.
//
// The engine owns one io_context and one thread for each core; a connection stays on the context it was given to.
// stop() ends accepting at once, lets requests under way finish (up to `grace`), then closes the rest. All functions
// may be called from any thread, but stop() not from a handler.
//
// Lifetime: after stop() the contexts run no more, yet exist until the engine is destroyed; handlers that were cut off
// are destroyed with it. So whatever they may be waiting for must outlive the engine's stop(), and must complete
// nothing after its end.
class Engine {
 public:
  // `error_body` makes the answer for what the engine itself refuses (400, 408, 413, 414, 417, 431, 501, 503, 505; the
  // connection is closed after it) and for handlers that throw (500). `threads` 0: one a core.
  using ErrorBody = std::function<Response(unsigned status)>;

  Engine(Limits limits, unsigned threads, ErrorBody error_body, Observer observer);
  ~Engine();

  // The contexts on which handlers run; for services that need timers and sockets. Round robin with each call.
  boost::asio::io_context& context();

  // Binds and listens; port 0 chooses one. `tls` empty: plain HTTP (behind a proxy, or for metrics). Returns the bound
  // endpoint. Throws boost::system::system_error or std::runtime_error (certificate).
  boost::asio::ip::tcp::endpoint listen(const boost::asio::ip::tcp::endpoint& endpoint,
                                        std::shared_ptr<const Router> router, const TlsFiles* tls);

  // Reads all certificates again; connections that exist keep theirs. On failure keeps the old ones and throws.
  void reload_certificates();

  // Starts the threads; what listens already is served from now on, what listens later at once.
  void start();

  // Returns when all is closed and the threads have ended. The second call does nothing.
  void stop(std::chrono::milliseconds grace);

  // How many connections there are.
  std::size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pd::http
