#include "forwarder.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace pd::quic::test {

namespace asio = boost::asio;
using asio::ip::udp;
using net::UdpSocket;

namespace {

udp::endpoint loopback() {
  return {asio::ip::address_v4::loopback(), 0};
}

}  // namespace

struct Forwarder::State {
  asio::io_context& io;
  udp::endpoint dialler;
  udp::endpoint answerer;
  std::shared_ptr<UdpSocket> in;
  std::shared_ptr<UdpSocket> out;
  std::minstd_rand random{1};  // the same in every run
  double loss = 0;
  double late = 0;
  bool blocked = false;
  bool meddling = false;
  std::size_t count = 0;
  std::vector<std::size_t> sizes;
  std::vector<std::uint8_t> held[2];

  bool happens(double share) { return std::uniform_real_distribution<>(0, 1)(random) < share; }

  void pass(bool outwards, net::Datagram datagram) {
    const auto send = [&](net::Datagram it) { (outwards ? out : in)->send(outwards ? answerer : dialler, it); };
    if (blocked || happens(loss)) return;
    ++count;
    if (outwards) {
      sizes.push_back(datagram.size());
    }
    auto& kept = held[outwards ? 1 : 0];
    if (kept.empty() && happens(late)) {
      kept.assign(datagram.begin(), datagram.end());
      return;
    }
    send(datagram);
    if (meddling) {
      send(datagram);
      std::vector<std::uint8_t> changed(datagram.begin(), datagram.end());
      changed[random() % changed.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
      send(changed);
    }
    if (!kept.empty()) {
      send(std::exchange(kept, {}));
    }
  }
};

namespace {

template <class State>
asio::awaitable<void> forward(std::shared_ptr<State> state, std::shared_ptr<UdpSocket> from, bool outwards) {
  net::Received received;
  while (true) {
    const auto error = co_await from->readable();
    if (error) co_return;
    while (from->receive(received)) {
      for (std::size_t i = 0; i < received.count(); ++i)
        state->pass(outwards, received[i]);
    }
  }
}

}  // namespace

Forwarder::Forwarder(asio::io_context& io, const udp::endpoint& dialler, const udp::endpoint& answerer)
    : state_(std::make_shared<State>(State{io,
                                           dialler,
                                           answerer,
                                           std::make_shared<UdpSocket>(io.get_executor(), loopback()),
                                           std::make_shared<UdpSocket>(io.get_executor(), loopback()),
                                           std::minstd_rand{1},
                                           0,
                                           0,
                                           false,
                                           false,
                                           0,
                                           {},
                                           {}})) {
  for (const auto& socket : {state_->in, state_->out})
    socket->hold(4 << 20);
  asio::co_spawn(io, forward(state_, state_->in, true), asio::detached);
  asio::co_spawn(io, forward(state_, state_->out, false), asio::detached);
}

Forwarder::~Forwarder() {
  state_->in->close();
  state_->out->close();
}

udp::endpoint Forwarder::inside() const {
  return state_->in->local();
}
udp::endpoint Forwarder::outside() const {
  return state_->out->local();
}
void Forwarder::lose(double share) {
  state_->loss = share;
}
void Forwarder::reorder(double share) {
  state_->late = share;
}
void Forwarder::block(bool all) {
  state_->blocked = all;
}
void Forwarder::meddle() const {
  state_->meddling = true;
}
std::size_t Forwarder::forwarded() const {
  return state_->count;
}
const std::vector<std::size_t>& Forwarder::sizes() const {
  return state_->sizes;
}

void Forwarder::forget() {
  state_->out->close();
  state_->out = std::make_shared<UdpSocket>(state_->io.get_executor(), loopback());
  state_->out->hold(4 << 20);
  asio::co_spawn(state_->io, forward(state_, state_->out, false), asio::detached);
}

}  // namespace pd::quic::test
