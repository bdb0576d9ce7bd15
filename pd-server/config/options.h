#pragma once

#include <span>
#include <string>
#include <variant>

#include "config/config.h"

namespace pd::config {

// The command line asks for no server: for help, for the configuration, or for something that it may not ask.
struct Exit {
  int status;        // 0, or 2 for wrong usage
  std::string text;  // for standard output when the status is 0, otherwise for standard error; ends with a new line
};

// Reads the arguments of `pd-server run` (those after "run"), and the file that --config names; the command line wins
// over the file. What it returns is complete and consistent: a domain and a data directory are there, a certificate
// comes with its key.
std::variant<RunConfig, Exit> parse_run(std::span<const std::string> arguments);

// The whole configuration as a TOML file that --config reads back to the same, with each option's help as a comment.
std::string to_toml(const Config& config);

// The options as the OPTIONS section of the manual page (roff).
std::string to_roff();

}  // namespace pd::config
