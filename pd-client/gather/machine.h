#pragma once

#include "punch/description.h"

namespace pd::gather {

// What names this machine's network stack (REACH-8); empty where the system does not tell.
punch::MachineId machine_id();

}  // namespace pd::gather
