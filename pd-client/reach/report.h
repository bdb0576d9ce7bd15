#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connect/outcome.h"
#include "punch/puncher.h"

namespace pd::reach {

// What one side saw of a race that brought no link.
struct Evidence {
  std::string peer;  // their address
  punch::NatKind own_nat;
  punch::NatKind remote_nat;
  std::optional<punch::Failed> punching;    // no path over UDP
  std::optional<connect::NoLink> over_udp;  // there was one, and no link came of it
  std::optional<connect::NoLink> over_tcp;
  bool used_udp = true;
  bool used_tcp = true;
};

// Why there is no link (RACE-12).
connect::NoLink report_on(const Evidence& evidence);

}  // namespace pd::reach
