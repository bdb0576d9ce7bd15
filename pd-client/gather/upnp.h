#pragma once

#include <string>

#include "gather/gateway.h"
#include "gather/mapping.h"

namespace pd::gather {

// The Internet Gateway Device protocol of UPnP, by libminiupnpc. Only a device that is the default gateway is asked:
// everything in a local network may say that it is one, and say where to send the request.
class Upnp final : public MappingProtocol {
 public:
  explicit Upnp(const Gateway& gateway) : gateway_(gateway) {}

  std::string_view name() const override { return "UPnP"; }
  // The library has time limits of its own, some seconds a request; the search keeps to `deadline`.
  std::optional<Mapping> map(const MappingRequest& request, Deadline deadline, std::string& failure) override;

 private:
  bool find(Deadline deadline);
  std::uint16_t add(const MappingRequest& request, std::string& failure) const;

  Gateway gateway_;
  std::string control_url_;  // empty: not found yet
  std::string service_;
};

}  // namespace pd::gather
