#include "connect/listener.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connect/deadline.h"
#include "connect/handshake_failure.h"
#include "connect/slots.h"

namespace pd::connect {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds pause_after_accept_error{100};

// Where a connection counts: an IPv4 address, or the /64 of an IPv6 one, which one customer has for herself.
std::string origin_of(const tcp::socket& socket) {
  error_code error;
  const auto address = plain(socket.remote_endpoint(error).address());
  if (!address.is_v6()) {
    return address.to_string();
  }
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::make_address_v6(bytes).to_string();
}

// Empty for who went away by themselves: a dialler drops all paths but the one that won.
std::string why_refused(TlsStream& stream, const error_code& error) {
  switch (handshake_failure(stream.native_handle())) {
    case HandshakeFailure::no_tls13:
      return "they do not speak TLS 1.3 (SESS-1)";
    case HandshakeFailure::no_pd:
      return "they do not speak pd/1 (SESS-1)";
    case HandshakeFailure::no_certificate:
      return "they show no certificate (SESS-2)";
    case HandshakeFailure::certificate:
      return "their certificate is not that of a device (SESS-2)";
    case HandshakeFailure::no_proof:
      return "they do not hold the key of the certificate that they show (SESS-2)";
    case HandshakeFailure::other:
      break;
  }
  return error.category() == asio::error::get_ssl_category() ? error.message() : "";
}

// Waits for the first byte of who dialled: it costs nothing to connect and be silent, so that is not borne for as long
// as a handshake may take. Closes the connection when none comes in time, and returns whether one did.
asio::awaitable<bool> begins(std::shared_ptr<TlsStream> stream, std::chrono::milliseconds time) {
  const Deadline deadline(stream->executor(), time, [stream] { stream->close(); });
  error_code ignored;  // the handshake meets it too
  co_await stream->socket().async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, ignored));
  co_return !deadline.passed();
}

tcp::acceptor listen_on(const asio::any_io_executor& executor, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()));
  }
  acceptor.bind(endpoint);
  acceptor.listen();
  return acceptor;
}

tcp::acceptor open_acceptor(const asio::any_io_executor& executor, const std::string& bind, std::uint16_t port) {
  if (!bind.empty()) {
    return listen_on(executor, {asio::ip::make_address(bind), port});
  }
  try {
    return listen_on(executor, {tcp::v6(), port});
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::address_in_use || error.code() == asio::error::access_denied) {
      throw;
    }
    return listen_on(executor, {tcp::v4(), port});  // a machine without IPv6
  }
}

}  // namespace

UnverifiedLink::UnverifiedLink(std::shared_ptr<TlsStream> stream, identity::PeerClaim claim, std::shared_ptr<Slot> slot)
    : stream_(std::move(stream)), claim_(std::move(claim)), slot_(std::move(slot)) {}

UnverifiedLink::~UnverifiedLink() {
  if (stream_) {
    stream_->close();
  }
}

const std::string& UnverifiedLink::origin() const {
  return slot_->origin();
}

Outcome<std::unique_ptr<Link>> UnverifiedLink::verify(directory::VerifiedPeer peer) && {
  auto stream = std::move(stream_);
  if (peer.address() != claim_.address || !peer.identity().has_device(claim_.key)) {
    stream->close();
    return no_link(Cause::wrong_key, "the key is not a device of " + claim_.address.text());
  }
  if (!slot_->promote()) {
    stream->close();
    return no_link(Cause::busy, "there are too many connections");
  }
  return std::unique_ptr<Link>(new TlsLink(std::move(stream), std::move(peer), claim_.key, std::move(slot_)));
}

// What handshakes under way need; they may outlive the Listener.
struct Listener::Shared {
  Shared(const Credentials& self, const Limits& bounds)
      : limits(bounds), context(answering_context(self)), tally(std::make_shared<Tally>()) {
    tally->limits = bounds;
  }

  Limits limits;
  asio::ssl::context context;
  std::shared_ptr<Tally> tally;
  OnClaim on_claim;
  OnRefused on_refused;
  std::set<std::shared_ptr<TlsStream>> in_handshake;
  bool closed = false;
};

Listener::Listener(const asio::any_io_executor& executor, const Credentials& self, const std::string& bind,
                   std::uint16_t port, Limits limits)
    : shared_(std::make_shared<Shared>(self, limits)),
      acceptor_(open_acceptor(executor, bind, port)),
      local_(acceptor_.local_endpoint()) {}

Listener::~Listener() {
  close();
}

void Listener::close() noexcept {
  shared_->closed = true;
  shared_->on_claim = nullptr;
  shared_->on_refused = nullptr;
  for (const auto& stream : shared_->in_handshake) {
    stream->close();
  }
  error_code ignored;
  acceptor_.close(ignored);
}

asio::awaitable<void> Listener::run(OnClaim on_claim, OnRefused on_refused) {
  const auto shared = shared_;
  shared->on_claim = std::move(on_claim);
  shared->on_refused = std::move(on_refused);
  const auto executor = acceptor_.get_executor();
  asio::steady_timer pause(executor);
  while (!shared->closed) {
    error_code error;
    tcp::socket socket(executor);
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (shared->closed) {
      break;
    }
    if (error) {  // out of descriptors, or the peer was gone already
      pause.expires_after(pause_after_accept_error);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    const auto origin = origin_of(socket);
    auto stream = std::make_shared<TlsStream>(std::move(socket), shared->context);
    auto slot = Slot::take(shared->tally, origin, [weak = std::weak_ptr(stream)] {
      if (const auto dropped = weak.lock()) {
        dropped->close();
      }
    });
    if (slot) {
      asio::co_spawn(executor, handshake(shared, std::move(stream), std::move(slot)), asio::detached);
    }
  }
}

asio::awaitable<void> Listener::handshake(std::shared_ptr<Shared> shared, std::shared_ptr<TlsStream> stream,
                                          std::shared_ptr<Slot> slot) {
  error_code error;
  const auto remote = stream->socket().remote_endpoint(error);
  bool in_time = true;
  shared->in_handshake.insert(stream);
  {
    const Deadline deadline(stream->executor(), shared->limits.handshake, [stream] { stream->close(); });
    in_time = co_await begins(stream, shared->limits.first_byte);
    error = co_await stream->handshake(TlsStream::Role::server);
    in_time = in_time && !deadline.passed();
  }
  shared->in_handshake.erase(stream);
  if (shared->closed) {
    co_return;
  }
  if (error) {
    const auto why = in_time ? why_refused(*stream, error) : "they did not finish the handshake in time (SESS-5)";
    if (!why.empty() && shared->on_refused) {
      shared->on_refused(text_of(remote), why);
    }
    co_return;
  }
  auto claim = claim_of(stream->native_handle());
  if (claim) {
    shared->on_claim(UnverifiedLink(std::move(stream), std::move(*claim), std::move(slot)));
  }
}

}  // namespace pd::connect
