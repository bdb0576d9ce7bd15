#include "quic/quic.h"

#include <functional>
#include <string>
#include <utility>

#include "connect/deadline.h"
#include "connect/tls_link.h"
#include "quic/carrier.h"
#include "quic/tls.h"

namespace pd::quic {

namespace asio = boost::asio;
using connect::Cause;
using connect::Link;
using connect::Outcome;

// A Link over QUIC.
class QuicLink final : public Link {
 public:
  ~QuicLink() override { close(); }

  const directory::VerifiedPeer& peer() const override { return carrier_->connection().tls().peer(); }
  const identity::PublicKey& device() const override { return carrier_->connection().tls().claim()->key; }
  std::string where() const override {
    const auto remote = carrier_->connection().remote();
    return connect::text_of({remote.address(), remote.port()});
  }

  asio::awaitable<std::size_t> read(std::span<char> buffer) override { return reading(carrier_, buffer); }
  asio::awaitable<void> write(std::string_view bytes) override { return writing(carrier_, bytes); }
  void close() noexcept override { carrier_->close(); }

 private:
  // Only this has seen a proof, and makes one.
  friend class Handshake;
  explicit QuicLink(std::shared_ptr<Carrier> proven) : carrier_(std::move(proven)) {}

  // What is under way may outlive the link.
  static asio::awaitable<std::size_t> reading(std::shared_ptr<Carrier> carrier, std::span<char> buffer) {
    const auto size = co_await carrier->read(buffer);
    co_return size;
  }
  static asio::awaitable<void> writing(std::shared_ptr<Carrier> carrier, std::string_view bytes) {
    co_await carrier->write(bytes);
  }

  std::shared_ptr<Carrier> carrier_;
};

class Handshake {
 public:
  static asio::awaitable<Outcome<std::unique_ptr<Link>>> run(std::shared_ptr<Carrier> carrier,
                                                             directory::VerifiedPeer peer,
                                                             asio::any_io_executor executor,
                                                             std::chrono::milliseconds time) {
    std::unique_ptr<Carrier, void (*)(Carrier*)> finish(carrier.get(), [](Carrier* left) { left->stop(); });
    {
      const connect::Deadline deadline(executor, time, [carrier] { carrier->stop(); });
      co_await carrier->handshake();
    }
    if (!carrier->ready()) {
      co_return why(carrier->failure(), peer.address().text());
    }
    static_cast<void>(finish.release());
    co_return std::unique_ptr<Link>(new QuicLink(std::move(carrier)));
  }

 private:
  static tl::unexpected<connect::NoLink> why(Connection::End end, const std::string& who) {
    switch (end) {
      case Connection::End::wrong_key:
        return connect::no_link(Cause::wrong_key, "somebody else answered: not a device key of " + who);
      case Connection::End::no_pd:
        return connect::no_link(Cause::unreachable, "what answers there does not speak pd/1 (SESS-1)");
      case Connection::End::refused:
        return connect::no_link(Cause::unreachable, "what answers there does not accept this device");
      case Connection::End::closed:
        return connect::no_link(Cause::unreachable, "the other side has ended it");
      case Connection::End::broken:
        return connect::no_link(Cause::unreachable, "what answers there does not keep to QUIC");
      case Connection::End::none:
      case Connection::End::silent:
      case Connection::End::not_in_time:
        break;
    }
    return connect::no_link(Cause::unreachable, "no answer in time");
  }
};

asio::awaitable<Outcome<std::unique_ptr<Link>>> connect(std::shared_ptr<const connect::Credentials> self,
                                                        directory::VerifiedPeer callee, Path path, Limits limits) {
  const auto executor = path.socket->executor();
  const auto carrier = std::make_shared<Carrier>(std::move(path), limits);
  carrier->dial(std::make_unique<Tls>(Role::dialler, *self, callee));
  auto outcome = co_await Handshake::run(carrier, callee, executor, limits.handshake);
  co_return outcome;
}

asio::awaitable<Outcome<std::unique_ptr<Link>>> accept(std::shared_ptr<const connect::Credentials> self,
                                                       directory::VerifiedPeer caller, Path path, Limits limits) {
  const auto executor = path.socket->executor();
  const auto carrier = std::make_shared<Carrier>(std::move(path), limits);
  std::function<std::unique_ptr<Tls>()> make_tls = [self, caller] {
    return std::make_unique<Tls>(Role::answerer, *self, caller);
  };
  carrier->answer(std::move(make_tls));
  auto outcome = co_await Handshake::run(carrier, caller, executor, limits.handshake);
  co_return outcome;
}

}  // namespace pd::quic
