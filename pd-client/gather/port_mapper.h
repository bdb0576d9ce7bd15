#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "gather/mapping.h"

namespace pd::gather {

// A port that a router was asked to forward, for as long as this lives: renewed at half of its lifetime, and taken back
// at the end. Used from the thread of the executor alone.
class MappedPort {
 public:
  ~MappedPort();
  MappedPort(const MappedPort&) = delete;
  MappedPort& operator=(const MappedPort&) = delete;

  // Nothing as long as no router has said yes.
  const std::optional<Mapping>& mapping() const;
  // For people: "by PCP", or why there is none.
  const std::string& how() const;
  // Returns when it is known whether there is one, or at `until`.
  boost::asio::awaitable<void> known(std::chrono::steady_clock::time_point until);

 private:
  friend class PortMapper;
  struct State;
  explicit MappedPort(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

// Asks the default gateway to forward ports, by PCP, else NAT-PMP, else UPnP; on a thread of its own, because some of
// it blocks. One for a program: it remembers what the gateway understood.
class PortMapper {
 public:
  using Protocols = std::vector<std::unique_ptr<MappingProtocol>>;
  // Makes those that are to be asked, in this order. Called, and its results used, on the worker's thread.
  using MakeProtocols = std::function<Protocols()>;

  // Those of the default gateway; none where there is none (default_gateway()).
  static Protocols usual_protocols();

  explicit PortMapper(boost::asio::any_io_executor executor, MakeProtocols make = usual_protocols);
  // Waits until every mapping is taken back: as a rule milliseconds, some seconds when a router does not answer. No
  // MappedPort may live longer; the executor's io_context must.
  ~PortMapper();
  PortMapper(const PortMapper&) = delete;
  PortMapper& operator=(const PortMapper&) = delete;

  // Returns at once; the router is asked meanwhile.
  std::unique_ptr<MappedPort> map(punch::Transport transport, std::uint16_t port);

 private:
  friend struct MappedPort::State;
  struct Worker;
  std::shared_ptr<Worker> worker_;
};

// Whether the environment lets us ask at all: not with PD_PORT_MAPPING=off.
bool port_mapping_allowed();

}  // namespace pd::gather
