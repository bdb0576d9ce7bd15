#include "federation/dns.h"

#include <algorithm>
#include <charconv>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "federation/dns_question.h"

namespace pd::federation {
namespace {

using Steady = Resolver::Steady;
using Milliseconds = std::chrono::milliseconds;

// c-ares reads the system's configuration once for each channel; an idle channel older than this is made anew.
constexpr std::chrono::seconds channel_life{60};

// "ADDR", "ADDR:PORT" or "[ADDR]:PORT" in the one form that every c-ares reads.
std::string server_entry(const std::string& text) {
  std::string host = text;
  std::string port = "53";
  const auto colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (bracketed || (colon != std::string::npos && text.find(':') == colon)) {
    const auto end = bracketed ? text.find(']') : colon;
    if (end == std::string::npos) throw std::runtime_error("DNS server '" + text + "' is not an address");
    host = text.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
    const auto rest = text.substr(bracketed ? end + 1 : end);
    if (!rest.empty()) port = rest.substr(1);
    if (!rest.empty() && rest.front() != ':') port.clear();
  }
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  std::uint16_t number = 0;
  const auto [last, bad] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error || bad != std::errc{} || last != port.data() + port.size() || number == 0)
    throw std::runtime_error("DNS server '" + text + "' is not ADDR or ADDR:PORT");
  return (address.is_v6() ? "[" + address.to_string() + "]" : address.to_string()) + ":" + std::to_string(number);
}

std::string server_list(const std::vector<std::string>& servers) {
  std::string list;
  for (const auto& server : servers)
    list += (list.empty() ? "" : ",") + server_entry(server);
  return list;
}

class Wakeup {
 public:
  Wakeup() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::runtime_error("eventfd failed");
  }
  ~Wakeup() { ::close(fd_); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  int fd() const { return fd_; }
  void wake() const { [[maybe_unused]] const auto written = eventfd_write(fd_, 1); }
  void clear() const {
    eventfd_t value;
    [[maybe_unused]] const auto read = eventfd_read(fd_, &value);
  }

 private:
  int fd_;
};

}  // namespace

struct Resolver::Impl {
  explicit Impl(DnsSettings from) : settings(std::move(from)), servers(server_list(settings.servers)) {
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) throw std::runtime_error("c-ares does not start");
    try {
      open_channel();
    } catch (...) {
      ares_library_cleanup();
      throw;
    }
    thread = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wakeup.wake();
    thread.join();
    ares_library_cleanup();
  }

  // When too much is waiting, `question` is destroyed, and with it whoever waits gets `failed`.
  void submit(std::unique_ptr<DnsQuestion> question) {
    const std::lock_guard lock(mutex);
    if (stopping || waiting >= max_dns_questions) return;
    ++waiting;
    incoming.push_back(std::move(question));
    wakeup.wake();
  }

  void open_channel() {
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS;
    options.timeout = static_cast<int>(settings.attempt.count());
    options.tries = static_cast<int>(settings.attempts);
    options.ndomains = 0;
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<Impl*>(self)->watch(socket, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    constexpr int mask =
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&channel, &options, mask) != ARES_SUCCESS) throw std::runtime_error("c-ares does not start");
    opened = Steady::now();
    if (!servers.empty() && ares_set_servers_ports_csv(channel, servers.c_str()) != ARES_SUCCESS) {
      ares_destroy(channel);
      throw std::runtime_error("c-ares refuses the DNS servers '" + servers + "'");
    }
  }

  void watch(ares_socket_t socket, bool readable, bool writable) {
    const auto events = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    if (events == 0)
      sockets.erase(socket);
    else
      sockets[socket] = events;
  }

  void run() {
    while (begin_new()) {
      process(poll_for());
      expire(Steady::now());
    }
    ares_destroy(channel);  // calls back for each question under way: they give `failed`
  }

  // Takes what was submitted. False: it is time to end.
  bool begin_new() {
    std::vector<std::unique_ptr<DnsQuestion>> fresh;
    {
      const std::lock_guard lock(mutex);
      waiting = asked.size() + incoming.size();
      fresh.swap(incoming);
      if (stopping) return false;
    }
    if (!fresh.empty() && asked.empty()) renew_channel();
    for (auto& question : fresh) {
      asked.push_back(std::move(question));
      asked.back()->ask(channel);
    }
    return true;
  }

  void renew_channel() {
    if (Steady::now() - opened < channel_life) return;
    const auto old = channel;
    try {
      open_channel();
    } catch (const std::runtime_error&) {
      channel = old;
      return;
    }
    ares_destroy(old);
  }

  std::vector<pollfd> poll_for() {
    std::vector<pollfd> list{{wakeup.fd(), POLLIN, 0}};
    for (const auto& [socket, events] : sockets)
      list.push_back({socket, events, 0});
    ::poll(list.data(), list.size(), timeout());
    wakeup.clear();
    return list;
  }

  // Until c-ares wants to try again, or somebody's deadline; in milliseconds, -1 when nothing is under way.
  int timeout() const {
    if (asked.empty()) return -1;
    timeval most{1, 0};
    timeval kept{};
    const auto* wanted = ares_timeout(channel, &most, &kept);
    auto left = Milliseconds(wanted->tv_sec * 1000 + wanted->tv_usec / 1000 + 1);
    const auto now = Steady::now();
    for (const auto& question : asked)
      if (!question->given_up()) left = std::min(left, std::chrono::ceil<Milliseconds>(question->deadline() - now));
    return static_cast<int>(std::max(left, Milliseconds(0)).count());
  }

  void process(const std::vector<pollfd>& ready) {
    bool any = false;
    for (std::size_t i = 1; i < ready.size(); ++i) {
      const auto happened = ready[i].revents;
      if (happened == 0) continue;
      any = true;
      ares_process_fd(channel, (happened & (POLLIN | POLLERR | POLLHUP)) != 0 ? ready[i].fd : ARES_SOCKET_BAD,
                      (happened & POLLOUT) != 0 ? ready[i].fd : ARES_SOCKET_BAD);
    }
    if (!any) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }

  void expire(Steady::time_point now) {
    for (auto& question : asked) {
      if (question->deadline() <= now) question->give_up();
    }
    asked.remove_if([](const auto& question) { return question->answered(); });
  }

  const DnsSettings settings;
  const std::string servers;
  Wakeup wakeup;

  std::mutex mutex;
  bool stopping = false;                               // guarded by mutex
  std::size_t waiting = 0;                             // guarded by mutex
  std::vector<std::unique_ptr<DnsQuestion>> incoming;  // guarded by mutex

  // The thread's own.
  ares_channel channel = nullptr;
  Steady::time_point opened{};
  std::map<ares_socket_t, short> sockets;
  std::list<std::unique_ptr<DnsQuestion>> asked;

  std::thread thread;
};

Resolver::Resolver(DnsSettings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}

Resolver::~Resolver() = default;

boost::asio::awaitable<DnsAddresses> Resolver::addresses(std::string host, Steady::time_point deadline) {
  return await_reply<DnsAddresses>({},
                                   [impl = impl_.get(), host = std::move(host), deadline](Reply<DnsAddresses> reply) {
                                     impl->submit(std::make_unique<AddressQuestion>(host, deadline, std::move(reply)));
                                   });
}

boost::asio::awaitable<DnsServices> Resolver::services(std::string name, Steady::time_point deadline) {
  return await_reply<DnsServices>({}, [impl = impl_.get(), name = std::move(name), deadline](Reply<DnsServices> reply) {
    impl->submit(std::make_unique<ServiceQuestion>(name, deadline, std::move(reply)));
  });
}

}  // namespace pd::federation
