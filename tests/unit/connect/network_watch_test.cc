#include "connect/network_watch.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace pd::connect {
namespace {

constexpr std::chrono::seconds patience{30};

// What a watch tells, in a network of this thread's own.
class Watched {
 public:
  Watched() : watch_(io_.get_executor()) {
    boost::asio::co_spawn(io_, listen(),
                          boost::asio::bind_cancellation_slot(cancel_.slot(), [](const std::exception_ptr&) {}));
  }
  ~Watched() {
    cancel_.emit(boost::asio::cancellation_type::terminal);
    run(std::chrono::milliseconds(0));
  }

  // Whether it has told by now, and how often it does within a while after that.
  int times() {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (times_ == 0 && std::chrono::steady_clock::now() < end)
      run(std::chrono::milliseconds(10));
    return more();
  }
  int more() {
    run(std::chrono::milliseconds(300));
    return times_;
  }

 private:
  boost::asio::awaitable<void> listen() {
    for (;;) {
      co_await watch_.changed();
      ++times_;
    }
  }
  void run(std::chrono::milliseconds time) {
    io_.restart();
    io_.run_for(time);
    io_.poll();
  }

  boost::asio::io_context io_{1};
  NetworkWatch watch_;
  boost::asio::cancellation_signal cancel_;
  int times_ = 0;
};

// Gives the loopback interface this address and no other; 0 takes it away.
void set_address(std::uint32_t address) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(address);
  std::memcpy(&request.ifr_addr, &name, sizeof name);
  EXPECT_EQ(::ioctl(socket, SIOCSIFADDR, &request), 0) << std::strerror(errno);
  ::close(socket);
}

// On a thread with a network of its own; skips where that is not allowed.
void in_own_network(void (*test)()) {
  bool allowed = true;
  std::thread([&] {
    allowed = ::unshare(CLONE_NEWNET) == 0;
    if (allowed) test();
  }).join();
  if (!allowed) GTEST_SKIP() << "a network of its own needs root";
}

TEST(NetworkWatch, TellsOnceOfAnAddressThatGoesAndOneThatComes) {
  in_own_network([] {
    set_address(0x0a090909);
    Watched watched;
    EXPECT_EQ(watched.more(), 0);
    set_address(0);
    set_address(0x0a090908);
    EXPECT_EQ(watched.times(), 1);
  });
}

TEST(NetworkWatch, SaysNothingOfWhatChangesNothing) {
  in_own_network([] {
    Watched watched;
    set_address(0x7f000001);  // of loopback alone
    EXPECT_EQ(watched.more(), 0);
  });
}

}  // namespace
}  // namespace pd::connect
