#include "connect/network_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "connect/local_addresses.h"
#include "connect/wake.h"

namespace pd::connect {

namespace asio = boost::asio;

namespace {

// One change comes as several notices: the old address goes, the new one comes.
constexpr std::chrono::milliseconds settling{100};
constexpr std::size_t notice_bytes = 16 * 1024;

int open_netlink() {
  const int netlink = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (netlink >= 0 && ::bind(netlink, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    ::close(netlink);
    return -1;
  }
  return netlink;
}

// A timer of the wall clock that never goes off, but is cancelled when that clock leaps: a machine that wakes sets it.
bool arm(int timer) {
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
  return ::timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) == 0;
}

int open_timer() {
  const int timer = ::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer >= 0 && !arm(timer)) {
    ::close(timer);
    return -1;
  }
  return timer;
}

// An address that reached farther than its own wire has gone. It may have come again, in another network.
bool tells_of_loss(const nlmsghdr* notice) {
  return notice->nlmsg_type == RTM_DELADDR &&
         static_cast<const ifaddrmsg*>(NLMSG_DATA(notice))->ifa_scope == RT_SCOPE_UNIVERSE;
}

}  // namespace

class NetworkWatch::Notices : public std::enable_shared_from_this<Notices> {
 public:
  explicit Notices(const asio::any_io_executor& executor)
      : executor_(executor), addresses_(executor), clock_(executor), came_(executor), known_(local_ips()) {}

  void begin() {
    if (const int netlink = open_netlink(); netlink >= 0) {
      addresses_.assign(netlink);
      watch(addresses_, &Notices::read_notices);
    }
    if (const int timer = open_timer(); timer >= 0) {
      clock_.assign(timer);
      watch(clock_, &Notices::read_clock);
    }
  }

  void end() {
    boost::system::error_code ignored;
    addresses_.close(ignored);
    clock_.close(ignored);
  }

  asio::awaitable<void> changed() {
    bool so = false;
    while (!so) {
      co_await came_.wait();
      Wake settled(executor_);
      co_await settled.wait(Wake::Clock::now() + settling);
      auto now_known = local_ips();
      so = lost_one_ || leapt_ || now_known != known_;
      known_ = std::move(now_known);
      lost_one_ = leapt_ = false;
    }
  }

 private:
  using Descriptor = asio::posix::stream_descriptor;

  using Read = bool (Notices::*)();  // false when there will be no more

  void watch(Descriptor& what, Read read) {
    what.async_wait(Descriptor::wait_read,
                    [weak = weak_from_this(), &what, read](const boost::system::error_code& error) {
                      const auto self = weak.lock();
                      if (!error && self && (self.get()->*read)()) {
                        self->watch(what, read);
                      }
                    });
  }

  bool read_notices() {
    alignas(nlmsghdr) std::array<char, notice_bytes> notices;
    const auto size = ::recv(addresses_.native_handle(), notices.data(), notices.size(), 0);
    if (size < 0) {
      lost_one_ = lost_one_ || errno == ENOBUFS;  // more than the kernel could keep
      came_.notify();
      return errno == ENOBUFS || errno == EAGAIN || errno == EINTR;
    }
    auto left = static_cast<unsigned>(size);
    for (const auto* each = reinterpret_cast<const nlmsghdr*>(notices.data()); NLMSG_OK(each, left);
         each = NLMSG_NEXT(each, left)) {
      lost_one_ = lost_one_ || tells_of_loss(each);
    }
    came_.notify();
    return true;
  }

  bool read_clock() {
    std::uint64_t times = 0;
    if (::read(clock_.native_handle(), &times, sizeof times) < 0 && errno == ECANCELED) {
      leapt_ = true;
      came_.notify();
    }
    return arm(clock_.native_handle());
  }

  asio::any_io_executor executor_;
  Descriptor addresses_;  // netlink(7)
  Descriptor clock_;      // timerfd_create(2)
  Wake came_;
  std::vector<asio::ip::address> known_;
  bool lost_one_ = false;
  bool leapt_ = false;
};

NetworkWatch::NetworkWatch(const asio::any_io_executor& executor) : notices_(std::make_shared<Notices>(executor)) {
  notices_->begin();
}

NetworkWatch::~NetworkWatch() {
  notices_->end();
}

asio::awaitable<void> NetworkWatch::changed() {
  return notices_->changed();
}

}  // namespace pd::connect
