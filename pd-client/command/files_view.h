#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/rpc.h"
#include "command/view.h"

namespace pd::command {

// Shows what is told of files that somebody sends, a notification of AGT-26. `answer` stands before "accept 1" and
// "decline 1": "/" where such a line can be typed, otherwise "pdctl agent ".
void show_files(View& view, const agent::Notification& told, std::string_view answer);

// "lab/, notes.txt (3 files, 1.2 MB)", of a transfer of AGT-23.
std::string transfer_text(const identity::Json& transfer);

// A line that answers an offer: "/accept 1", "/decline 1", or without the number where there is only one.
struct OfferAnswer {
  bool accept;
  std::optional<std::uint64_t> number;
};
// Nothing: the line is something else. What is no number of an offer is 0.
std::optional<OfferAnswer> offer_answer(std::string_view line);

}  // namespace pd::command
