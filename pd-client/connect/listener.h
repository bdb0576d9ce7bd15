#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "connect/limits.h"
#include "connect/link.h"
#include "connect/outcome.h"
#include "connect/tls_context.h"
#include "connect/tls_link.h"
#include "identity/certificate.h"

namespace pd::connect {

class Slot;

// Somebody has dialled us and proven that they hold the key of claim(): who they are is not known yet. There is nothing
// to be done with it but to verify it or to drop it, which closes the connection.
class UnverifiedLink {
 public:
  UnverifiedLink(UnverifiedLink&&) noexcept = default;
  UnverifiedLink& operator=(UnverifiedLink&&) = delete;
  ~UnverifiedLink();

  const identity::PeerClaim& claim() const { return claim_; }
  // Where it counts: an IPv4 address, or the /64 of an IPv6 one.
  const std::string& origin() const;

  // The link, once `peer` is who was claimed and the proven key is one of their devices now (SESS-4). Fails with
  // wrong_key, or with busy when there are enough verified links. Uses up this object either way.
  Outcome<std::unique_ptr<Link>> verify(directory::VerifiedPeer peer) &&;

 private:
  friend class Listener;
  // `stream` has done its handshake, and proven `claim`.
  UnverifiedLink(std::shared_ptr<TlsStream> stream, identity::PeerClaim claim, std::shared_ptr<Slot> slot);

  std::shared_ptr<TlsStream> stream_;
  identity::PeerClaim claim_;
  std::shared_ptr<Slot> slot_;
};

// Accepts connections on one TCP port. Used on the thread of its executor alone.
class Listener {
 public:
  using OnClaim = std::function<void(UnverifiedLink)>;
  // Somebody at `where` was refused in the handshake, or did not finish it in time. Whoever calls as often as they like
  // makes it be called as often; it is not called for who left of their own accord.
  using OnRefused = std::function<void(const std::string& where, const std::string& why)>;

  // Binds and listens. An empty `bind` means every address of the machine, IPv6 and IPv4; port 0 any that is free.
  // Throws boost::system::system_error.
  Listener(const boost::asio::any_io_executor& executor, const Credentials& self, const std::string& bind,
           std::uint16_t port, Limits limits = {});
  ~Listener();

  boost::asio::ip::tcp::endpoint local() const { return local_; }

  // Accepts until close(), and calls `on_claim` for everybody whose handshake succeeds. What is over a bound or too
  // slow is closed (SESS-5).
  boost::asio::awaitable<void> run(OnClaim on_claim, OnRefused on_refused = {});
  void close() noexcept;

 private:
  struct Shared;
  static boost::asio::awaitable<void> handshake(std::shared_ptr<Shared> shared, std::shared_ptr<TlsStream> stream,
                                                std::shared_ptr<Slot> slot);
  std::shared_ptr<Shared> shared_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint local_;
};

}  // namespace pd::connect
