#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "authority.h"

namespace pd::directory::test {

// One accepted TLS connection, as the behaviour of a server sees it.
class Connection {
 public:
  explicit Connection(SSL* connection, const std::atomic<bool>& stopped) : connection_(connection), stopped_(stopped) {}

  // The whole request: headers, and the body that they announce. Empty when the client went away.
  std::string request();
  // False when the client is gone or the test is over.
  bool send(const std::string& bytes);

 private:
  SSL* connection_;
  const std::atomic<bool>& stopped_;
};

// Serves one connection after the other on a loopback port, each in the way it is told; `behave` runs on the server's
// thread.
class TlsServer {
 public:
  using Behave = std::function<void(Connection&)>;

  TlsServer(const Authority& authority, const std::string& host, Behave behave,
            const std::string& common_name = "server");
  // Accepts, and then never says a word: no TLS either.
  static Behave silent() { return {}; }
  ~TlsServer();

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void serve();
  void serve(int socket);

  std::unique_ptr<SSL_CTX, Free> context_;
  Behave behave_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopped_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> current_{-1};
  std::thread thread_;
};

// A complete answer.
std::string http_answer(int status, const std::string& body, const std::string& type = "application/json",
                        const std::string& more_headers = "");

}  // namespace pd::directory::test
