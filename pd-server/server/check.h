#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace pd::server {

// Reads every file that `run` is told to use, and makes none. Throws StartError: the certificate, its key, the policy
// or the list of authorities cannot be used. Returns what is allowed but may be a mistake, one sentence each.
std::vector<std::string> check(const config::RunConfig& config);

}  // namespace pd::server
