// Throughput of links between two threads over loopback: `bench_links MIB` sends that much over QUIC and over TLS and
// TCP in turn, and prints a line of JSON for each, with the processor time that each end has spent.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "client/town.h"
#include "connect/dial.h"
#include "connect/listener.h"
#include "identity/sample.h"
#include "net/udp_socket.h"
#include "quic/quic.h"

namespace asio = boost::asio;
using pd::connect::Link;
using pd::test::Town;
using Clock = std::chrono::steady_clock;
using Made = pd::connect::Outcome<std::unique_ptr<Link>>;

namespace {

const std::string olivier = "olivier@example.org";
const std::string gordon = "gordon@blackmesa.us";

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& it) { return static_cast<double>(it.tv_sec) + it.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

asio::awaitable<void> send(Link& link, std::size_t size) {
  const std::string part(256 << 10, 'x');
  for (std::size_t done = 0; done < size; done += part.size())
    co_await link.write(part);
  link.close();
}

asio::awaitable<std::size_t> receive(Link& link) {
  std::vector<char> buffer(256 << 10);
  std::size_t got = 0;
  while (true) {
    const auto size = co_await link.read(buffer);
    got += size;
    if (size == 0) co_return got;
  }
}

// The receiving end: runs `making` to a link, reads it to its end.
struct Receiver {
  std::size_t got = 0;
  Clock::time_point begin, end;
  double processor = 0;

  asio::awaitable<void> run(asio::awaitable<Made> making) {
    auto made = co_await std::move(making);
    if (!made) std::exit(1);
    co_await read(**made);
  }
  asio::awaitable<void> read(Link& link) {
    begin = Clock::now();
    got = co_await receive(link);
    end = Clock::now();
  }
};

void report(const char* name, const Receiver& receiver, double sender) {
  const double seconds = std::chrono::duration<double>(receiver.end - receiver.begin).count();
  const double megabytes = static_cast<double>(receiver.got) / 1e6;
  std::printf(
      "{\"link\":\"%s\",\"megabytes\":%.0f,\"megabytes_per_second\":%.0f,"
      "\"sender_processor_seconds\":%.3f,\"receiver_processor_seconds\":%.3f}\n",
      name, megabytes, megabytes / seconds, sender, receiver.processor);
}

void quic(const Town& town, std::size_t size) {
  asio::io_context a(1), b(1);
  const asio::ip::udp::endpoint any(asio::ip::address_v4::loopback(), 0);
  auto from = std::make_unique<pd::net::UdpSocket>(a.get_executor(), any);
  auto to = std::make_unique<pd::net::UdpSocket>(b.get_executor(), any);
  const auto to_a = from->local(), to_b = to->local();
  Receiver receiver;
  const auto caller = town.find(olivier), callee = town.find(gordon);
  std::thread thread([&] {
    asio::co_spawn(
        b,
        receiver.run(pd::quic::accept(Town::credentials(gordon), caller,
                                      pd::quic::Path{std::move(to), to_a, std::chrono::milliseconds(1), {}})),
        asio::detached);
    b.run();
    receiver.processor = processor_seconds();
  });
  const auto before = processor_seconds();
  const auto run = [&]() -> asio::awaitable<void> {
    pd::quic::Path path{std::move(from), to_b, std::chrono::milliseconds(1), {}};
    auto self = Town::credentials(olivier);
    auto made = co_await pd::quic::connect(self, callee, std::move(path));
    if (!made) std::exit(1);
    co_await send(**made, size);
  };
  asio::co_spawn(a, run(), asio::detached);
  a.run();
  const auto sender = processor_seconds() - before;
  thread.join();
  report("quic", receiver, sender);
}

void tcp(const Town& town, std::size_t size) {
  asio::io_context a(1), b(1);
  pd::connect::Listener listener(b.get_executor(), *Town::credentials(gordon), "127.0.0.1", 0);
  const auto port = listener.local().port();
  const auto caller = town.find(olivier), callee = town.find(gordon);
  Receiver receiver;
  std::unique_ptr<Link> link;
  const auto accepted = [&](pd::connect::UnverifiedLink unverified) {
    auto made = std::move(unverified).verify(caller);
    if (!made) std::exit(1);
    link = std::move(*made);
    asio::co_spawn(b, receiver.read(*link), [&](const std::exception_ptr&) { listener.close(); });
  };
  std::thread thread([&] {
    asio::co_spawn(b, listener.run(accepted), asio::detached);
    b.run();
    receiver.processor = processor_seconds();
  });
  const auto before = processor_seconds();
  const std::vector endpoints{pd::identity::sample::loopback(port)};
  const auto run = [&]() -> asio::awaitable<void> {
    auto self = Town::credentials(olivier);
    auto made = co_await pd::connect::dial(self, callee, endpoints);
    if (!made) std::exit(1);
    co_await send(**made, size);
  };
  asio::co_spawn(a, run(), asio::detached);
  a.run();
  const auto sender = processor_seconds() - before;
  thread.join();
  report("tcp", receiver, sender);
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t megabytes = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 16;
  Town town;
  town.settle(olivier);
  town.settle(gordon);
  quic(town, megabytes << 20);
  tcp(town, megabytes << 20);
}
