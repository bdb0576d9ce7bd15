#include "gather/port_mapper.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "connect/wake.h"
#include "gather/gateway.h"
#include "gather/nat_pmp.h"
#include "gather/pcp.h"
#include "gather/upnp.h"

namespace pd::gather {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds time_for_each{400};  // RACE-3
constexpr std::chrono::hours lifetime{1};   // RACE-3
constexpr seconds shortest_renewal{30};
constexpr seconds pause_after_failure{60};

}  // namespace

// The thread, and what only it touches.
struct PortMapper::Worker {
  Worker(asio::any_io_executor io, MakeProtocols how) : executor(std::move(io)), make(std::move(how)), pool(1) {}

  struct Answer {
    std::optional<Mapping> mapping;
    std::string how;
  };

  // On the thread. What was understood last is asked alone; where nothing was, nobody is asked for a while.
  Answer ask(MappingRequest request) {
    const bool removal = request.lifetime.count() == 0;
    const auto name = std::pair(request.transport, request.port);
    if (removal) {
      const auto known = held.find(name);
      if (known == held.end()) {
        return {};
      }
      request.external = known->second;
      held.erase(known);
    } else if (steady_clock::now() < quiet_until) {
      return {std::nullopt, failures};
    }
    if (protocols.empty()) {
      protocols = make();
    }
    failures.clear();
    for (auto& protocol : protocols) {
      std::string failure;
      auto mapping = protocol->map(request, steady_clock::now() + time_for_each, failure);
      if (mapping) {
        held[name] = mapping->external.port;
        return {std::move(mapping), "by " + std::string(keep_only(protocol))};
      }
      failures += (failures.empty() ? "" : "; ") + std::string(protocol->name()) + ": " + failure;
      if (closing) {
        break;
      }
    }
    if (!removal) {
      protocols.clear();  // another network may understand another one
      quiet_until = steady_clock::now() + pause_after_failure;
    }
    return {std::nullopt, failures.empty() ? "no router that could be asked" : failures};
  }

  std::string_view keep_only(std::unique_ptr<MappingProtocol>& understood) {
    auto kept = std::move(understood);
    protocols.clear();
    protocols.push_back(std::move(kept));
    return protocols.front()->name();
  }

  const asio::any_io_executor executor;
  const MakeProtocols make;
  std::atomic<bool> closing = false;
  Protocols protocols;
  std::map<std::pair<punch::Transport, std::uint16_t>, std::uint16_t> held;  // what is mapped, and its external port
  steady_clock::time_point quiet_until{};
  std::string failures;
  asio::thread_pool pool;  // last: its thread uses the others
};

struct MappedPort::State : std::enable_shared_from_this<State> {
  State(std::shared_ptr<PortMapper::Worker> by, const MappingRequest& what)
      : worker(std::move(by)), request(what), renewal(worker->executor), settled(worker->executor) {}

  void ask() {
    asio::post(worker->pool, [self = shared_from_this(), asked = request]() mutable {
      auto answer = self->worker->ask(asked);
      const auto executor = self->worker->executor;
      // Handed over, so that this thread does not destroy what belongs to the other.
      asio::post(executor, [self = std::move(self), answer = std::move(answer)] { self->take(answer); });
    });
  }

  void take(const PortMapper::Worker::Answer& answer) {
    mapping = answer.mapping;
    how = answer.how;
    is_known = true;
    settled.notify();
    if (mapping && !released) {
      request.external = mapping->external.port;
      renewal.expires_after(std::max(mapping->lifetime / 2, shortest_renewal));
      renewal.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error && !self->released) {
          self->ask();
        }
      });
    }
  }

  // Behind whatever was asked before.
  void release() {
    released = true;
    renewal.cancel();
    request.lifetime = seconds(0);
    asio::post(worker->pool, [by = worker, asked = request] { by->ask(asked); });
  }

  const std::shared_ptr<PortMapper::Worker> worker;
  MappingRequest request;
  asio::steady_timer renewal;
  connect::Wake settled;
  std::optional<Mapping> mapping;
  std::string how = "not known yet";
  bool is_known = false;
  bool released = false;
};

MappedPort::~MappedPort() {
  state_->release();
}

const std::optional<Mapping>& MappedPort::mapping() const {
  return state_->mapping;
}

const std::string& MappedPort::how() const {
  return state_->how;
}

asio::awaitable<void> MappedPort::known(steady_clock::time_point until) {
  const auto state = state_;
  while (!state->is_known) {
    const bool in_time = co_await state->settled.wait(until);
    if (!in_time) {
      break;
    }
  }
}

PortMapper::Protocols PortMapper::usual_protocols() {
  Protocols protocols;
  if (const auto gateway = default_gateway()) {
    protocols.push_back(std::make_unique<Pcp>(*gateway));
    protocols.push_back(std::make_unique<NatPmp>(*gateway));
    protocols.push_back(std::make_unique<Upnp>(*gateway));
  }
  return protocols;
}

PortMapper::PortMapper(asio::any_io_executor executor, MakeProtocols make)
    : worker_(std::make_shared<Worker>(std::move(executor), std::move(make))) {}

PortMapper::~PortMapper() {
  worker_->closing = true;
  worker_->pool.join();
}

std::unique_ptr<MappedPort> PortMapper::map(punch::Transport transport, std::uint16_t port) {
  auto state = std::make_shared<MappedPort::State>(worker_, MappingRequest{transport, port, port, lifetime});
  state->ask();
  return std::unique_ptr<MappedPort>(new MappedPort(std::move(state)));
}

bool port_mapping_allowed() {
  const char* value = std::getenv("PD_PORT_MAPPING");
  return value == nullptr || std::string_view(value) != "off";
}

}  // namespace pd::gather
