#pragma once

#include <filesystem>
#include <optional>

#include "federation/policy.h"

namespace pd::server {

// The policy in that file, or without one the open policy. Throws StartError: unreadable, or not a policy (with the
// line).
federation::Policy read_policy(const std::optional<std::filesystem::path>& file);

}  // namespace pd::server
