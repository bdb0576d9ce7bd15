#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "identity/key.h"

// TLS peers that do as they please, for being refused: blocking, on plain sockets, nothing shared with the code under
// test.
namespace pd::connect::test {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

Key ed25519(const identity::PrivateKey& key);
Key rsa();
// Says it is `shown`'s public key, and signs with `signer`: a certificate of the first fits it.
Key mismatched(const identity::PublicKey& shown, const identity::PrivateKey& signer);

// Self-signed on `key`, for acct:`address`; with `padding` bytes of comment.
Certificate certificate(const Key& key, const std::string& address, std::size_t padding = 0);

struct Manners {
  Key key;  // none: no certificate is sent
  Certificate shown;
  std::vector<Certificate> more;
  int max_version = TLS1_3_VERSION;
  std::string alpn = "pd/1";  // empty: the extension is left out
};

// Dials, does a handshake, writes `bytes`, and reads until the end. True when a byte came or the other side went on
// talking, false when it ended the connection without a byte.
bool dial_raw(std::uint16_t port, const Manners& manners, const std::string& bytes = {});

// Answers one connection on a loopback port, and notes what it was sent.
class RawServer {
 public:
  explicit RawServer(Manners manners);
  ~RawServer();
  std::uint16_t port() const { return port_; }
  // Waits until the one connection has ended.
  std::string heard();

 private:
  void serve();
  Manners manners_;
  int listening_;
  std::uint16_t port_;
  std::string heard_;
  std::thread thread_;
};

// A TCP connection that never says anything. Closed with it.
class Silent {
 public:
  explicit Silent(std::uint16_t port);
  ~Silent();
  Silent(Silent&& other) noexcept;
  // Blocks until the other side has closed it.
  void wait_until_closed() const;

 private:
  int socket_;
};

// A loopback port where connections are taken and nothing is ever said.
class Hole {
 public:
  Hole();
  ~Hole();
  std::uint16_t port() const { return port_; }

 private:
  int listening_;
  std::uint16_t port_;
};

}  // namespace pd::connect::test
