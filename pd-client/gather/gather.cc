#include "gather/gather.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connect/local_addresses.h"
#include "connect/tasks.h"
#include "gather/endpoint.h"
#include "gather/machine.h"
#include "gather/stun_tcp.h"
#include "gather/stun_udp.h"

namespace pd::gather {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using punch::Candidate;
using punch::CandidateType;
using punch::NatKind;
using punch::Transport;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t most_servers = 4;  // RACE-2

std::vector<std::unique_ptr<net::UdpSocket>> open_udp(const asio::any_io_executor& executor) {
  std::vector<std::unique_ptr<net::UdpSocket>> sockets;
  for (const auto& family : {udp::v4(), udp::v6()}) {
    try {
      sockets.push_back(std::make_unique<net::UdpSocket>(executor, udp::endpoint(family, 0)));
    } catch (const boost::system::system_error&) {  // a machine without this family
    }
  }
  return sockets;
}

std::shared_ptr<connect::TcpPort> open_tcp_port(const asio::any_io_executor& executor) {
  try {
    return std::make_shared<connect::TcpPort>(executor);
  } catch (const boost::system::system_error&) {
    return nullptr;
  }
}

std::uint16_t port_of_v4(const std::vector<std::unique_ptr<net::UdpSocket>>& sockets) {
  for (const auto& socket : sockets) {
    if (socket->local().address().is_v4()) {
      return socket->local().port();
    }
  }
  return 0;
}

NatKind kind_of(const Gathering& gathering, bool asked) {
  std::vector<stun::Observation> over_ipv4;
  std::ranges::copy_if(gathering.seen_over_udp, std::back_inserter(over_ipv4),
                       [](const stun::Observation& each) { return each.server.address().is_v4(); });
  switch (stun::mapping_of(over_ipv4, gathering.ours, port_of_v4(gathering.udp))) {
    case stun::Mapping::none:
      return NatKind::open;
    case stun::Mapping::endpoint_independent:
      return NatKind::endpoint_independent;
    case stun::Mapping::dependent:
      return NatKind::symmetric;
    case stun::Mapping::unknown:
      break;
  }
  return asked && gathering.seen_over_udp.empty() ? NatKind::blocked : NatKind::unknown;
}

}  // namespace

// One gathering under way, which its tasks share.
struct Inquiry {
  Inquiry(const asio::any_io_executor& executor, const Options& what)
      : options(what),
        until(steady_clock::now() + what.time),
        gathering(std::make_unique<Gathering>(executor, what)),
        naming(executor),
        surveys(executor) {}

  void stop() {
    out_of_time = true;
    naming.cancel();
    surveys.cancel();
  }

  bool over() const { return begun && surveys.running() == 0; }

  const Options options;
  const steady_clock::time_point until;
  std::unique_ptr<Gathering> gathering;
  bool asked_over_udp = false;
  bool begun = false;  // every survey is
  bool out_of_time = false;
  connect::Tasks naming;  // apart, because the system's resolver cannot be stopped: nobody waits for it
  connect::Tasks surveys;
};

namespace {

asio::awaitable<void> survey_udp(std::shared_ptr<Inquiry> inquiry, net::UdpSocket& socket,
                                 std::vector<udp::endpoint> servers) {
  const auto seen = co_await ask_over_udp(socket, std::move(servers), inquiry->until);
  auto& all = inquiry->gathering->seen_over_udp;
  all.insert(all.end(), seen.begin(), seen.end());
}

asio::awaitable<void> survey_tcp(std::shared_ptr<Inquiry> inquiry, tcp::endpoint server) {
  auto socket = inquiry->gathering->tcp->socket(server.protocol());
  const auto mapped = co_await ask_over_tcp(socket, server);
  auto& gathering = *inquiry->gathering;
  if (std::ranges::find(gathering.seen_over_tcp, mapped) == gathering.seen_over_tcp.end()) {
    gathering.seen_over_tcp.push_back(mapped);
  }
  gathering.stun_connections.push_back(std::move(socket));
}

// The IPv4 addresses of a server, or of an address alone the one that it is: our NAT is about IPv4.
asio::awaitable<std::vector<asio::ip::address>> resolve(std::string host) {
  std::vector<asio::ip::address> found;
  boost::system::error_code error;
  if (const auto literal = asio::ip::make_address(host, error); !error) {
    found.push_back(literal);
    co_return found;
  }
  udp::resolver resolver(co_await asio::this_coro::executor);
  const auto results =
      co_await resolver.async_resolve(udp::v4(), host, "", asio::redirect_error(asio::use_awaitable, error));
  for (const auto& result : results) {
    found.push_back(result.endpoint().address());
  }
  co_return found;
}

asio::awaitable<std::vector<udp::endpoint>> stun_servers(std::vector<identity::StunServer> named_servers) {
  std::vector<udp::endpoint> servers;
  for (const auto& named : named_servers) {
    const auto addresses = co_await resolve(named.host);
    for (const auto& address : addresses) {
      if (servers.size() < most_servers) {
        servers.emplace_back(address, named.port);
      }
    }
  }
  co_return servers;
}

asio::awaitable<void> ask_stun(std::shared_ptr<Inquiry> inquiry) {
  const auto servers = co_await stun_servers(inquiry->options.stun);
  if (inquiry->out_of_time) {
    co_return;
  }
  inquiry->asked_over_udp = !servers.empty();
  for (auto& socket : inquiry->gathering->udp) {
    std::vector<udp::endpoint> reachable;
    std::ranges::copy_if(servers, std::back_inserter(reachable),
                         [&](const udp::endpoint& server) { return server.protocol() == socket->local().protocol(); });
    if (!reachable.empty()) {
      inquiry->surveys.spawn(survey_udp(inquiry, *socket, std::move(reachable)));
    }
  }
  if (inquiry->gathering->tcp) {
    for (const auto& server : servers) {
      inquiry->surveys.spawn(survey_tcp(inquiry, {server.address(), server.port()}));
    }
  }
  inquiry->begun = true;
  inquiry->surveys.changed().notify();
}

void ask_router(Gathering& gathering, PortMapper& mapper) {
  if (const auto port = port_of_v4(gathering.udp); port != 0) {
    gathering.mapped_udp = mapper.map(Transport::udp, port);
  }
  if (gathering.tcp) {
    gathering.mapped_tcp = mapper.map(Transport::tcp, gathering.tcp->number());
  }
}

}  // namespace

Gathering::Gathering(const asio::any_io_executor& executor, const Options& options)
    : udp(options.udp ? open_udp(executor) : std::vector<std::unique_ptr<net::UdpSocket>>()),
      tcp(options.tcp ? open_tcp_port(executor) : nullptr),
      ours(connect::local_ips()),
      secret_(punch::new_probe_secret()),
      machine_(options.machine ? machine_id() : punch::MachineId()) {}

void Gathering::tell_interfaces(std::vector<Candidate>& candidates) const {
  for (const auto& address : ours) {
    for (const auto& socket : udp) {
      if (socket->local().address().is_v4() == address.is_v4()) {
        candidates.push_back({CandidateType::host, Transport::udp, {ip_of(address), socket->local().port()}});
      }
    }
    if (tcp && (address.is_v4() || tcp->acceptors().size() > 1)) {
      candidates.push_back({CandidateType::host, Transport::tcp, {ip_of(address), tcp->number()}});
    }
  }
}

void Gathering::tell_mappings(std::vector<Candidate>& candidates) const {
  const auto is_own = [this](const asio::ip::address& address) {
    return std::ranges::find(ours, address) != ours.end();
  };
  const auto tell = [&](CandidateType type, Transport transport, const punch::TransportAddress& address) {
    candidates.push_back({type, transport, address});
  };
  for (const auto& [server, mapped] : seen_over_udp) {
    if (!is_own(mapped.address)) {
      tell(CandidateType::server_reflexive, Transport::udp, {ip_of(mapped.address), mapped.port});
    }
  }
  for (const auto& mapped : seen_over_tcp) {
    if (!is_own(mapped.address)) {
      tell(CandidateType::server_reflexive, Transport::tcp, {ip_of(mapped.address), mapped.port});
    }
  }
  for (const auto& [port, transport] :
       {std::pair(mapped_udp.get(), Transport::udp), {mapped_tcp.get(), Transport::tcp}}) {
    if (port != nullptr && port->mapping() && !port->mapping()->external.ip.is_private()) {  // RACE-3
      tell(CandidateType::port_mapped, transport, port->mapping()->external);
    }
  }
}

punch::Description Gathering::describe() const {
  std::vector<Candidate> candidates;
  tell_interfaces(candidates);
  tell_mappings(candidates);
  punch::Description description;
  description.secret = secret_;
  description.nat = nat;
  description.candidates = punch::choose_candidates(std::move(candidates));
  if (!machine_.empty()) {
    punch::MachineMark mark{punch::machine_tag(secret_, machine_), std::nullopt, std::nullopt};
    if (const auto port = port_of_v4(udp); port != 0) {
      mark.udp = port;
    }
    if (tcp) {
      mark.tcp = tcp->number();
    }
    description.machine = mark;
  }
  return description;
}

asio::awaitable<std::unique_ptr<Gathering>> gather(Options options) {
  const auto executor = co_await asio::this_coro::executor;
  const auto inquiry = std::make_shared<Inquiry>(executor, options);
  const std::unique_ptr<Inquiry, void (*)(Inquiry*)> end(inquiry.get(), [](Inquiry* it) { it->stop(); });
  const auto begun = steady_clock::now();
  if (options.mapper != nullptr) {
    ask_router(*inquiry->gathering, *options.mapper);
  }
  inquiry->naming.spawn(ask_stun(inquiry));
  while (!inquiry->over() && steady_clock::now() < inquiry->until) {
    co_await inquiry->surveys.changed().wait(inquiry->until);
  }
  inquiry->stop();
  while (inquiry->surveys.running() > 0) {
    co_await inquiry->surveys.changed().wait();
  }
  auto gathering = std::move(inquiry->gathering);
  gathering->nat = kind_of(*gathering, inquiry->asked_over_udp);
  const bool needs_router = gathering->nat != NatKind::open && gathering->nat != NatKind::endpoint_independent;
  for (auto* port : {gathering->mapped_udp.get(), gathering->mapped_tcp.get()}) {
    if (port != nullptr && needs_router) {
      co_await port->known(begun + options.time_for_router);
    }
  }
  co_return gathering;
}

}  // namespace pd::gather
