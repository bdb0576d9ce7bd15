#pragma once

#include <string_view>

#include "identity/time.h"

namespace pd::federation {

// How long an answer may be used without asking again: max-age of its Cache-Control (RFC 9111), zero for no-store and
// no-cache, `otherwise` when it says nothing, and never more than `most` (FED-11).
identity::Seconds fresh_for(std::string_view cache_control, identity::Seconds otherwise, identity::Seconds most);

}  // namespace pd::federation
