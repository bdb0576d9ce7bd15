#pragma once

#include <optional>

#include "punch/transport_address.h"

namespace pd::gather {

// The router to which what leaves this machine goes, and our address on the way to it. IPv4 alone: mapping ports is
// about its NATs.
struct Gateway {
  punch::IpAddress address;
  punch::IpAddress ours;

  bool operator==(const Gateway&) const = default;
};

// Nothing when there is no default route, or it leads to a public address: a mapping is asked for at home alone.
std::optional<Gateway> default_gateway();

}  // namespace pd::gather
