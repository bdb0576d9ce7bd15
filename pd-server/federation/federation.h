#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "federation/policy.h"
#include "federation/remote.h"
#include "identity/key.h"
#include "ops/clock.h"
#include "ops/log.h"
#include "ops/metrics.h"
#include "store/store.h"

namespace pd::federation {

// Connections to `domain`:`port` go to `address`:`target_port` instead, whatever kind of address that is (FED-9).
struct Override {
  identity::Domain domain;
  std::uint16_t port;
  std::string address;  // an IPv4 or IPv6 literal
  std::uint16_t target_port;
};

// What an administrator chooses.
struct Settings {
  identity::Domain own;
  Policy policy = Policy::open();
  std::vector<Override> resolve{};
  std::vector<std::string> dns_servers{};            // ADDR, ADDR:PORT or [ADDR]:PORT; none: those of the system
  std::optional<std::filesystem::path> ca_file{};    // PEM; trusted instead of the system's
  std::chrono::milliseconds timeout{5'000};          // one whole exchange: names, TCP, TLS, request and answer
  std::chrono::milliseconds connect_timeout{1'500};  // one address of several
  std::size_t cache_answers = 100'000;
  std::size_t cache_bytes = 256u << 20;
  unsigned workers = 2;  // threads that verify answers
};

// What a server lends: all of it outlives the Federation.
struct Parts {
  store::Store& store;
  ops::Log& log;
  ops::Metrics& metrics;
  ops::Clock clock;
  // The domain key in force; asked again for each request, so that it may rotate. Any thread.
  std::function<std::shared_ptr<const identity::PrivateKey>()> domain_key;
};

// The Remote of a running server. It has threads of its own: one for every socket, timer and table, one for DNS, and
// `workers` for verification, so that neither a slow nor a lying domain takes time from the engine or from another
// domain.
class Federation : public Remote {
 public:
  // The rules from now on. Any thread.
  virtual void set_policy(Policy policy) = 0;

  // Everybody who waits gets `unreachable` at once, on the executor they wait on; nothing new is begun. The contexts of
  // those executors must still exist: call it after the engine stopped accepting and before the engine is destroyed.
  // The destructor calls it too.
  virtual void stop() = 0;
};

// Starts it. Throws std::runtime_error for a CA file that cannot be read, an address that is none, or when DNS cannot
// start.
std::unique_ptr<Federation> make_federation(Settings settings, Parts parts);

}  // namespace pd::federation
