#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "connect/tcp_port.h"
#include "gather/port_mapper.h"
#include "identity/descriptor.h"
#include "net/udp_socket.h"
#include "punch/description.h"
#include "stun/mapping.h"

namespace pd::gather {

// What may be used. What is left out is not told and not tried.
struct Options {
  std::vector<identity::StunServer> stun;  // as a domain names them (DESC-12); the first four count (RACE-2)
  PortMapper* mapper = nullptr;            // none: no router is asked
  bool udp = true;
  bool tcp = true;
  bool machine = true;                  // tells who is on the same machine (REACH-8)
  std::chrono::milliseconds time{500};  // RACE-4
  std::chrono::milliseconds time_for_router{200};
};

// Where this device is, for one call, and the sockets that make it so: closed with it unless they were taken.
class Gathering {
 public:
  explicit Gathering(const boost::asio::any_io_executor& executor, const Options& options);
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  // What the other side is told (REACH-7); better when asked later, since a router may answer late.
  punch::Description describe() const;

  // One a family, IPv4 first. Whoever takes them leaves an empty vector.
  std::vector<std::unique_ptr<net::UdpSocket>> udp;
  // Null when TCP is not used, or there is none.
  std::shared_ptr<connect::TcpPort> tcp;
  // Keeps the NAT's mapping of the TCP port.
  std::vector<boost::asio::ip::tcp::socket> stun_connections;
  // Where a router was asked.
  std::shared_ptr<MappedPort> mapped_udp;
  std::shared_ptr<MappedPort> mapped_tcp;

  // What was found out, for `doctor` too.
  std::vector<boost::asio::ip::address> ours;
  std::vector<stun::Observation> seen_over_udp;
  std::vector<stun::Mapped> seen_over_tcp;  // each once
  punch::NatKind nat = punch::NatKind::unknown;

  // What names this machine, if it is told (REACH-9).
  const punch::MachineId& machine() const { return machine_; }

 private:
  void tell_interfaces(std::vector<punch::Candidate>& candidates) const;
  void tell_mappings(std::vector<punch::Candidate>& candidates) const;

  punch::ProbeSecret secret_;
  punch::MachineId machine_;
};

// Asks everybody who is to be asked, at once, and returns when they have answered or the time is up. It fails for
// nothing: what there is not is left out. Runs on the executor of the calling coroutine; may be cancelled (terminal),
// then throws operation_aborted.
boost::asio::awaitable<std::unique_ptr<Gathering>> gather(Options options);

}  // namespace pd::gather
