#include "gather/nat_pmp.h"

#include <natpmp.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>

namespace pd::gather {

using punch::IpAddress;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// One conversation with the gateway.
class NatPmpSession {
 public:
  explicit NatPmpSession(const IpAddress& gateway) {
    in_addr_t address = 0;
    const auto bytes = gateway.v4_bytes();
    std::memcpy(&address, bytes.data(), bytes.size());
    open_ = initnatpmp(&session_, 1, address) == 0;
  }
  ~NatPmpSession() {
    if (open_) {
      closenatpmp(&session_);
    }
  }
  NatPmpSession(const NatPmpSession&) = delete;
  NatPmpSession& operator=(const NatPmpSession&) = delete;

  natpmp_t* native() { return &session_; }
  bool is_open() const { return open_; }

  // The answer to the request that was just sent, which the library sends again where it must.
  std::optional<natpmpresp_t> answer(MappingProtocol::Deadline deadline, std::string& failure) {
    natpmpresp_t response{};
    for (;;) {
      const int result = readnatpmpresponseorretry(&session_, &response);
      if (result == 0) {
        return response;
      }
      if (result != NATPMP_TRYAGAIN) {
        failure =
            result == NATPMP_ERR_NOGATEWAYSUPPORT ? "no answer" : "refused (libnatpmp " + std::to_string(result) + ")";
        return std::nullopt;
      }
      if (steady_clock::now() >= deadline) {
        failure = "no answer";
        return std::nullopt;
      }
      wait_until(deadline);
    }
  }

 private:
  void wait_until(MappingProtocol::Deadline deadline) {
    timeval again{};
    auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (getnatpmprequesttimeout(&session_, &again) == 0) {
      left = std::min(left, milliseconds(again.tv_sec * 1'000 + again.tv_usec / 1'000 + 1));
    }
    pollfd waiting{session_.s, POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
  }

  natpmp_t session_{};
  bool open_ = false;
};

IpAddress public_address_in(const natpmpresp_t& response) {
  IpAddress::V4 bytes;
  std::memcpy(bytes.data(), &response.pnu.publicaddress.addr, bytes.size());
  return IpAddress::v4(bytes);
}

}  // namespace

std::optional<Mapping> NatPmp::map(const MappingRequest& request, Deadline deadline, std::string& failure) {
  NatPmpSession session(gateway_.address);
  if (!session.is_open() || sendpublicaddressrequest(session.native()) < 0) {
    failure = "the gateway cannot be asked";
    return std::nullopt;
  }
  const auto address = session.answer(deadline, failure);
  if (!address) {
    return std::nullopt;
  }
  const bool removal = request.lifetime.count() == 0;  // which wants 0 as the external port (section 3.4)
  const int protocol = request.transport == punch::Transport::udp ? NATPMP_PROTOCOL_UDP : NATPMP_PROTOCOL_TCP;
  if (sendnewportmappingrequest(session.native(), protocol, request.port, removal ? 0 : request.external,
                                static_cast<std::uint32_t>(request.lifetime.count())) < 0) {
    failure = "the gateway cannot be asked";
    return std::nullopt;
  }
  const auto mapping = session.answer(deadline, failure);
  if (!mapping || removal) {
    return std::nullopt;
  }
  const auto& granted = mapping->pnu.newportmapping;
  return Mapping{{public_address_in(*address), granted.mappedpublicport}, std::chrono::seconds(granted.lifetime)};
}

}  // namespace pd::gather
