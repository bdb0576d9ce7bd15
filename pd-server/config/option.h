#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "identity/result.h"

namespace pd::config {

enum class Kind {
  flag,   // there or not
  value,  // once
  list,   // any number of times; in a file an array
};

// One option of `pd-server run`: "--NAME" on the command line, "NAME" in the file.
struct Option {
  std::string name;
  Kind kind;
  std::string argument;  // what its value is called in help: "FILE"
  std::string help;      // one sentence, its unit in it
  bool bare = false;     // written without quotes in a file: numbers and flags
  // Reads the values, as text, in order; for a list they replace what was there. The message of a failure does not name
  // the option.
  std::function<identity::Result<void>(Config&, std::span<const std::string>)> set;
  // The values as text that set() reads; none when the option is not set.
  std::function<std::vector<std::string>(const Config&)> get;
};

// What the option is when nothing sets it, for people; empty when it is then not there or off.
std::string default_text(const Option& option);

// Every option, in the order in which people should read them.
const std::vector<Option>& options();

// Sets what was not set and depends on other options.
void set_what_follows(Config& config);

// What to run with. Fails, saying so, when something does not fit together or is missing.
identity::Result<RunConfig> complete(Config config);

// The known name nearest to `name`, or empty when none is near.
std::string nearest_option(std::string_view name);

// Applies a TOML file. The message of a failure names the file and the line.
identity::Result<void> read_file(const std::filesystem::path& file, Config& config);

}  // namespace pd::config
