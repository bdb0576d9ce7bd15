#include "reach/punching.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/this_coro.hpp>

#include "connect/tasks.h"
#include "gather/endpoint.h"
#include "identity/encoding.h"

namespace pd::reach {

namespace asio = boost::asio;
using asio::ip::udp;
using gather::endpoint_of;
using gather::transport_address;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

using Sockets = std::vector<std::unique_ptr<net::UdpSocket>>;

constexpr milliseconds shortest_round_trip{1};
constexpr milliseconds longest_round_trip{10'000};

std::uint64_t random_seed() {
  const auto bytes = identity::random_bytes(sizeof(std::uint64_t));
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

punch::Setup setup_of(Sides sides, const Sockets& sockets) {
  punch::Setup setup{sides.role, std::move(sides.own), std::move(sides.remote), std::move(sides.machine),
                     {},         random_seed()};
  for (const auto& socket : sockets) {
    setup.sockets.push_back(socket->local().address().is_v4() ? punch::SocketFamily::v4 : punch::SocketFamily::v6);
  }
  return setup;
}

}  // namespace

// The Puncher at work on real sockets.
struct Drive {
  Drive(const asio::any_io_executor& executor, Sockets all, Sides sides)
      : sockets(std::move(all)), puncher(setup_of(std::move(sides), sockets), steady_clock::now()), tasks(executor) {}

  bool over() const { return found || failed; }

  net::Received received;
  Sockets sockets;
  punch::Puncher puncher;
  std::optional<punch::Found> found;
  std::optional<punch::Failed> failed;
  connect::Tasks tasks;
};

namespace {

asio::awaitable<void> read(std::shared_ptr<Drive> drive, std::size_t index);

std::size_t open_more(const std::shared_ptr<Drive>& drive, std::size_t count) {
  const auto executor = drive->sockets.front()->executor();
  std::size_t opened = 0;
  try {
    for (; opened < count; ++opened) {
      drive->sockets.push_back(std::make_unique<net::UdpSocket>(executor, udp::endpoint(udp::v4(), 0)));
      drive->tasks.spawn(read(drive, drive->sockets.size() - 1));
    }
  } catch (const boost::system::system_error&) {  // as many as there can be
  }
  return opened;
}

void perform(const std::shared_ptr<Drive>& drive) {
  while (auto effect = drive->puncher.next()) {
    if (const auto* packet = std::get_if<punch::Send>(&*effect)) {
      drive->sockets[packet->socket]->send(endpoint_of<udp>(packet->to), packet->packet, packet->hop_limit);
    } else if (const auto* more = std::get_if<punch::OpenSockets>(&*effect)) {
      drive->puncher.sockets_opened(open_more(drive, more->count), steady_clock::now());
    } else if (auto* found = std::get_if<punch::Found>(&*effect)) {
      drive->found = std::move(*found);
    } else {
      drive->failed = std::get<punch::Failed>(std::move(*effect));
    }
  }
}

// What is no probe of this call is lost: nothing else is expected before there is a path.
asio::awaitable<void> read(std::shared_ptr<Drive> drive, std::size_t index) {
  net::UdpSocket& socket = *drive->sockets[index];
  for (;;) {
    const auto error = co_await socket.readable();
    if (error) {
      co_return;
    }
    // Once there is a path, what comes next belongs to whatever runs over it.
    while (!drive->over() && socket.receive(drive->received)) {
      const auto from = transport_address(drive->received.from());
      for (std::size_t i = 0; i < drive->received.count(); ++i) {
        drive->puncher.receive(index, from, drive->received[i], steady_clock::now());
      }
      perform(drive);
    }
    drive->tasks.changed().notify();
    if (drive->over()) {
      co_return;
    }
  }
}

// Sends what goes over the path, by the socket that is not ours any more.
void send_over_path(Drive& drive, net::UdpSocket& socket) {
  while (const auto effect = drive.puncher.next()) {
    const auto* packet = std::get_if<punch::Send>(&*effect);
    if (packet != nullptr && packet->socket == drive.found->socket) {
      socket.send(endpoint_of<udp>(packet->to), packet->packet, packet->hop_limit);
    }
  }
}

// Answers the probes that still come when something else runs over the path already (REACH-21).
quic::Foreign answering(const std::shared_ptr<Drive>& drive) {
  return [drive](net::UdpSocket& socket, const udp::endpoint& from, net::Datagram datagram) {
    const bool ours =
        drive->puncher.receive(drive->found->socket, transport_address(from), datagram, steady_clock::now());
    send_over_path(*drive, socket);
    return ours;
  };
}

// The nomination may be lost: it is sent again until it is answered (REACH-20), and then the path is kept (REACH-21).
asio::awaitable<void> keep_path(std::shared_ptr<Drive> drive, net::UdpSocket& socket) {
  connect::Wake pause(socket.executor());
  while (const auto due = drive->puncher.wake()) {
    co_await pause.wait(*due);
    drive->puncher.tick(steady_clock::now());
    send_over_path(*drive, socket);
  }
}

Punched path_of(const std::shared_ptr<Drive>& drive) {
  const auto& found = *drive->found;
  Punched punched{{std::move(drive->sockets[found.socket]), endpoint_of<udp>(found.remote)}, found.path};
  auto& socket = *punched.way.socket;
  punched.kept = std::make_unique<connect::Tasks>(socket.executor());
  punched.kept->spawn(keep_path(drive, socket));
  if (found.round_trip) {
    punched.way.round_trip =
        std::clamp(std::chrono::ceil<milliseconds>(*found.round_trip), shortest_round_trip, longest_round_trip);
  }
  punched.way.foreign = answering(drive);
  return punched;
}

}  // namespace

asio::awaitable<tl::expected<Punched, punch::Failed>> punch_through(Sockets sockets, Sides sides) {
  const auto executor = co_await asio::this_coro::executor;
  const auto drive = std::make_shared<Drive>(executor, std::move(sockets), std::move(sides));
  const std::unique_ptr<Drive, void (*)(Drive*)> end(drive.get(), [](Drive* it) {
    it->tasks.cancel();
    it->sockets.clear();
  });
  for (std::size_t i = 0, count = drive->sockets.size(); i < count; ++i) {
    drive->tasks.spawn(read(drive, i));
  }
  perform(drive);
  while (!drive->over()) {
    co_await drive->tasks.changed().wait(drive->puncher.wake().value_or(steady_clock::time_point::max()));
    drive->puncher.tick(steady_clock::now());
    perform(drive);
  }
  drive->tasks.cancel();
  while (drive->tasks.running() > 0) {  // whoever reads the socket next must be the only one
    co_await drive->tasks.changed().wait();
  }
  if (drive->failed) {
    co_return tl::unexpected(*std::move(drive->failed));
  }
  co_return path_of(drive);
}

}  // namespace pd::reach
