#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace pd::http::test {

// An answer as it came. Header names in lower case.
struct Answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct TlsOptions {
  int lowest = 0;
  int highest = 0;
  std::string alpn;     // one protocol
  std::string ciphers;  // of TLS 1.2
};

// A client that sends exactly the bytes it is told to. Blocking, and whatever takes longer than ten seconds is a
// failure: an exception.
class Client {
 public:
  // A socket that is not connected yet.
  Client();
  void connect(std::uint16_t port);
  explicit Client(std::uint16_t port, int receive_buffer = 0);
  Client(std::uint16_t port, const TlsOptions& tls);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Says whether all of it could be handed over.
  bool send(std::string_view bytes);

  // The next answer; none if the connection ends before it is whole. `head_only`: it answers a HEAD.
  std::optional<Answer> receive(bool head_only = false);

  // Sends and receives.
  std::optional<Answer> ask(std::string_view bytes) { return send(bytes) ? receive() : receive(); }

  // What comes next, up to the end of `end`; empty if the connection ends before.
  std::string receive_until(std::string_view end);

  // Waits until the server closes. False if there were bytes before that.
  bool ended();

  // Is there something to read within that time?
  bool readable(std::chrono::milliseconds wait) const;

  void half_close();
  std::string certificate_name() const;
  std::string protocol() const;
  std::string alpn() const;

 private:
  bool more();

  int fd_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  std::string input_;
};

}  // namespace pd::http::test
