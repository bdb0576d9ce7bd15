#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "doctor/measure.h"
#include "gather/endpoint.h"
#include "gather/gather.h"

namespace pd::doctor {

namespace asio = boost::asio;
using punch::TransportAddress;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds patience_for_stun{3'000};  // a call has half a second; here a lost packet shall not count
constexpr milliseconds patience_for_router{5'000};

void add(std::vector<TransportAddress>& seen, const stun::Mapped& mapped) {
  const TransportAddress address{gather::ip_of(mapped.address), mapped.port};
  if (std::ranges::find(seen, address) == seen.end()) seen.push_back(address);
}

std::optional<TransportAddress> external_of(const gather::MappedPort* port) {
  if (port == nullptr || !port->mapping()) return {};
  return port->mapping()->external;
}

void record(const gather::Gathering& gathering, NetworkState& state) {
  for (const auto& address : gathering.ours)
    state.addresses.push_back(gather::ip_of(address));
  for (const auto& observation : gathering.seen_over_udp)
    add(state.seen_over_udp, observation.mapped);
  for (const auto& mapped : gathering.seen_over_tcp)
    add(state.seen_over_tcp, mapped);
  state.nat = gathering.nat;
  state.mapped_udp = external_of(gathering.mapped_udp.get());
  state.mapped_tcp = external_of(gathering.mapped_tcp.get());
  if (gathering.mapped_udp) state.how = gathering.mapped_udp->how();
}

asio::awaitable<void> survey(gather::Options options, NetworkState& state) {
  const auto until = steady_clock::now() + patience_for_router;
  const auto gathering = co_await gather::gather(std::move(options));
  for (auto* port : {gathering->mapped_udp.get(), gathering->mapped_tcp.get()}) {
    if (port != nullptr) {
      co_await port->known(until);
    }
  }
  record(*gathering, state);
}

}  // namespace

NetworkState measure_network(const std::vector<identity::StunServer>& stun) {
  NetworkState state;
  state.stun = stun;
  state.router_asked = gather::port_mapping_allowed();
  asio::io_context io(1);
  std::unique_ptr<gather::PortMapper> mapper;
  if (state.router_asked) mapper = std::make_unique<gather::PortMapper>(io.get_executor());
  gather::Options options;
  options.stun = stun;
  options.mapper = mapper.get();
  options.time = patience_for_stun;
  bool over = false;
  asio::co_spawn(io, survey(std::move(options), state), [&over](const std::exception_ptr& error) {
    over = true;
    if (error) std::rethrow_exception(error);
  });
  while (!over && io.run_one() > 0) {
  }
  return state;
}

}  // namespace pd::doctor
