#pragma once

#include "connect/wake.h"

namespace pd::session {

using connect::Wake;

}  // namespace pd::session
