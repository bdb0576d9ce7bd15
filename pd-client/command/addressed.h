#pragma once

#include <optional>
#include <string>

#include "identity/address.h"

namespace pd::command {

// A line that somebody typed, and whom it says to send it to.
struct Addressed {
  std::optional<identity::Address> to;  // nothing: the line names nobody, and all of it is the text
  std::string text;
};

// "ADDRESS: text", "ADDRESS text", "ADDRESS<TAB>text", or "ADDRESS> text" as a terminal shows what others wrote.
Addressed addressed(std::string line);

}  // namespace pd::command
