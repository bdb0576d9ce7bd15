#pragma once

#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "connect/link.h"
#include "connect/tls_stream.h"

namespace pd::connect {

// A Link over TCP and TLS 1.3.
class TlsLink final : public Link {
 public:
  ~TlsLink() override { close(); }

  const directory::VerifiedPeer& peer() const override { return peer_; }
  const identity::PublicKey& device() const override { return device_; }
  std::string where() const override { return where_; }

  boost::asio::awaitable<std::size_t> read(std::span<char> buffer) override;
  boost::asio::awaitable<void> write(std::string_view bytes) override;
  void close() noexcept override;

 private:
  // Only these have seen a proof, and make one.
  friend struct Race;
  friend struct Opening;
  friend class UnverifiedLink;
  // `stream` has done its handshake, and `peer` was found to be whom it proved. `keep` lives as long as the link does.
  TlsLink(std::shared_ptr<TlsStream> stream, directory::VerifiedPeer peer, const identity::PublicKey& device,
          std::shared_ptr<void> keep = {});

  std::shared_ptr<void> keep_;
  std::shared_ptr<TlsStream> stream_;
  directory::VerifiedPeer peer_;
  identity::PublicKey device_;
  std::string where_;
};

// "198.51.100.4:4433", an IPv4 address in IPv6 clothes shown as what it is.
std::string text_of(const boost::asio::ip::tcp::endpoint& endpoint);

// `address`, or the IPv4 address that it stands for.
boost::asio::ip::address plain(const boost::asio::ip::address& address);

}  // namespace pd::connect
