#pragma once

#include <cstdint>
#include <vector>

#include "punch/checklist.h"
#include "punch/description.h"
#include "punch/probe.h"

namespace pd::punch {

// Who starts where. Sockets are known by their place in `sockets`; the first that reaches an address sends to it.
struct Setup {
  Role role;
  Description own;     // as it was told
  Description remote;  // as it was read
  MachineId machine;   // of this machine (REACH-9); may be empty
  std::vector<SocketFamily> sockets;
  std::uint64_t seed;  // random: for the first transaction number and the order of the ports
};

}  // namespace pd::punch
