#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

namespace pd::federation {

struct ServiceTarget {
  std::uint16_t priority;
  std::uint16_t weight;
  std::uint16_t port;
  std::string host;  // lower case, no trailing dot
};

enum class DnsStatus {
  found,
  none,    // the name, or records of that type, do not exist: DNS says so
  failed,  // no answer in time, a broken one, or too many questions at once
};

struct DnsAddresses {
  DnsStatus status = DnsStatus::failed;
  std::vector<boost::asio::ip::address> addresses;  // in the order to try them (RFC 6724); at most max_dns_answers
};

struct DnsServices {
  DnsStatus status = DnsStatus::failed;
  std::vector<ServiceTarget> targets;  // by priority, then weight; at most max_dns_answers; none for a target of "."
};

inline constexpr std::size_t max_dns_answers = 16;
inline constexpr std::size_t max_dns_questions = 2'000;  // at once

struct DnsSettings {
  std::vector<std::string> servers;          // ADDR, ADDR:PORT or [ADDR]:PORT; none: those of the system
  std::chrono::milliseconds attempt{1'000};  // one question to one server
  unsigned attempts = 3;
};

// Asks DNS, through c-ares on a thread of its own. The coroutine that asks resumes on its own executor. Any thread.
class Resolver {
 public:
  using Steady = std::chrono::steady_clock;

  // Throws std::runtime_error when c-ares cannot start or a server's address is none.
  explicit Resolver(DnsSettings settings);
  // Whoever still waits gets `failed`.
  ~Resolver();

  // The IPv4 and IPv6 addresses of `host`. `failed` at `deadline` at the latest.
  boost::asio::awaitable<DnsAddresses> addresses(std::string host, Steady::time_point deadline);
  // The SRV records (RFC 2782) of `name`, "_pd._tcp.example.org".
  boost::asio::awaitable<DnsServices> services(std::string name, Steady::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pd::federation
