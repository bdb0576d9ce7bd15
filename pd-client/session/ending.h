#pragma once

#include <optional>
#include <string_view>

#include "session/session.h"

namespace pd::session {

// "done", "shutdown", …: as the JSON of commands and of the agent names it.
std::string_view text_of(Ending ending);
// The other way; nothing for any other text.
std::optional<Ending> ending_of(std::string_view text);

}  // namespace pd::session
