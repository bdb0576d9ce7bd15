// slow_line NETNS_A DEVICE_A NETNS_B DEVICE_B DELAY_MS LOSS_PERCENT MEGABITS: a wire between two network namespaces
// whose frames arrive late, get lost, and queue up behind each other; each way by itself. (Linux has netem for that,
// where the kernel was built with it.) Makes the two TAP devices, says "up", and ends on SIGTERM or SIGINT, when the
// devices go away.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using std::chrono::nanoseconds;

constexpr nanoseconds longest_queue = std::chrono::milliseconds(200);
constexpr int most_in_a_row = 64;

volatile std::sig_atomic_t told_to_end = 0;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

// A TAP device in a network namespace, which goes when its descriptor is closed.
class Tap {
 public:
  Tap(const char* netns, const char* name) {
    const int space = ::open(netns, O_RDONLY | O_CLOEXEC);
    if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) fail(netns);
    ::close(space);
    fd_ = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (fd_ < 0 || ::ioctl(fd_, TUNSETIFF, &request) != 0) fail(name);
  }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  ~Tap() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Quality {
  nanoseconds delay;
  double loss;  // 0 … 1
  double nanoseconds_a_byte;
};

// One way of the line.
class Way {
 public:
  Way(int from, int to, const Quality& quality, unsigned seed) : from_(from), to_(to), quality_(quality), dice_(seed) {}

  int from() const { return from_; }

  void take_in(std::span<char> buffer) {
    for (int count = 0; count < most_in_a_row; ++count) {
      const auto size = ::read(from_, buffer.data(), buffer.size());
      if (size <= 0) return;
      accept(buffer.first(static_cast<std::size_t>(size)), Clock::now());
    }
  }

  void let_out(Time now) {
    while (!frames_.empty() && frames_.front().arrives <= now) {
      const auto& bytes = frames_.front().bytes;
      // What does not fit into the device's queue is lost, as on a wire.
      if (::write(to_, bytes.data(), bytes.size()) < 0 && errno == EBADF) fail("write");
      frames_.pop_front();
    }
  }

  Time next() const { return frames_.empty() ? Time::max() : frames_.front().arrives; }

 private:
  struct Frame {
    Time arrives;
    std::vector<char> bytes;
  };

  void accept(std::span<const char> bytes, Time now) {
    if (std::uniform_real_distribution<double>()(dice_) < quality_.loss) return;
    const Time begins = std::max(now, free_);
    if (begins - now > longest_queue) return;
    free_ = begins + nanoseconds(static_cast<long>(static_cast<double>(bytes.size()) * quality_.nanoseconds_a_byte));
    frames_.push_back({free_ + quality_.delay, {bytes.begin(), bytes.end()}});
  }

  int from_;
  int to_;
  Quality quality_;
  std::mt19937 dice_;
  Time free_{};  // when all that was accepted has been sent
  std::deque<Frame> frames_;
};

void carry(std::span<Way> ways) {
  std::vector<char> buffer(65'536);
  while (told_to_end == 0) {
    const Time now = Clock::now();
    const Time next = std::min({now + std::chrono::milliseconds(100), ways[0].next(), ways[1].next()});
    const timespec wait{0, std::max(nanoseconds(0), nanoseconds(next - now)).count()};
    std::array<pollfd, 2> both = {{{ways[0].from(), POLLIN, 0}, {ways[1].from(), POLLIN, 0}}};
    if (::ppoll(both.data(), both.size(), &wait, nullptr) < 0 && errno != EINTR) fail("ppoll");
    for (Way& way : ways) {
      way.take_in(buffer);
      way.let_out(Clock::now());
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 8) {
    std::fputs("usage: slow_line NETNS_A DEVICE_A NETNS_B DEVICE_B DELAY_MS LOSS_PERCENT MEGABITS\n", stderr);
    return 2;
  }
  for (const int signal : {SIGTERM, SIGINT})
    std::signal(signal, [](int) { told_to_end = 1; });
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // not longer than the lab
  const sched_param first{1};
  ::sched_setscheduler(0, SCHED_RR, &first);  // a wire does not wait for a processor; where it may not, it does
  try {
    const Tap a(arguments[1], arguments[2]), b(arguments[3], arguments[4]);
    const Quality quality{nanoseconds(static_cast<long>(std::atof(arguments[5]) * 1e6)), std::atof(arguments[6]) / 100,
                          8e3 / std::atof(arguments[7])};
    std::array<Way, 2> ways = {Way(a.fd(), b.fd(), quality, 1), Way(b.fd(), a.fd(), quality, 2)};
    std::puts("up");
    std::fflush(stdout);
    carry(ways);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "slow_line: %s\n", error.what());
    return 1;
  }
  return 0;
}
