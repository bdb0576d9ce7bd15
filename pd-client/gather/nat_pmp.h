#pragma once

#include "gather/gateway.h"
#include "gather/mapping.h"

namespace pd::gather {

// The NAT Port Mapping Protocol (RFC 6886), by libnatpmp.
class NatPmp final : public MappingProtocol {
 public:
  explicit NatPmp(const Gateway& gateway) : gateway_(gateway) {}

  std::string_view name() const override { return "NAT-PMP"; }
  std::optional<Mapping> map(const MappingRequest& request, Deadline deadline, std::string& failure) override;

 private:
  Gateway gateway_;
};

}  // namespace pd::gather
