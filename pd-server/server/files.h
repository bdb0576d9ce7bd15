#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "federation/policy.h"

namespace pd::server {

// The policy in that file, or without one the open policy. Throws StartError: unreadable, or not a policy (with the
// line).
federation::Policy read_policy(const std::optional<std::filesystem::path>& file);

// Replaces a file so that whoever reads it sees all of `text` or the file that was there before. Throws
// std::system_error.
void write_whole(const std::filesystem::path& file, std::string_view text);

}  // namespace pd::server
