#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "config/option.h"
#include "config/options.h"

namespace pd::config {
namespace {

using identity::Result;

// What CLI11 found on the command line.
struct CommandLine {
  std::vector<CLI::Option*> found;  // one for each of options(), in the same order
  std::string file;
  bool print = false;
};

std::string described(const Option& option) {
  const auto value = default_text(option);
  return value.empty() ? option.help : fmt::format("{} [{}]", option.help, value);
}

void declare(CLI::App& app, CommandLine& line) {
  for (const auto& option : options()) {
    const std::string flag = "--" + option.name;
    if (option.kind == Kind::flag) {
      line.found.push_back(app.add_flag(flag)->description(described(option)));
      continue;
    }
    // Each occurrence takes one value, so that `--resolve A B` does not swallow B.
    auto* made = app.add_option(flag)->type_name(option.argument)->type_size(1)->description(described(option));
    if (option.kind == Kind::list) made->expected(1)->take_all();
    line.found.push_back(made);
  }
  app.add_option("--config", line.file, "Read options from this TOML file; those given here come first.")
      ->type_name("FILE");
  app.add_flag("--print-config", line.print, "Print the resulting configuration as such a file, and leave.");
}

std::string unknown(std::string_view argument) {
  if (!argument.starts_with("-")) return fmt::format("unexpected argument '{}'", argument.substr(0, 100));
  const auto name = argument.substr(0, argument.find('='));
  const auto near = nearest_option(name.substr(std::min<std::size_t>(2, name.size())));
  return fmt::format("there is no option '{}'{}", name.substr(0, 100),
                     near.empty() ? "" : fmt::format("; did you mean '--{}'?", near));
}

Exit misuse(std::string_view what) {
  return {2, fmt::format("pd-server: {}\nhint: 'pd-server run --help' lists every option\n", what)};
}

Result<void> apply(const CommandLine& line, Config& config) {
  if (!line.file.empty())
    if (auto done = read_file(line.file, config); !done) return done;
  for (std::size_t i = 0; i < line.found.size(); ++i) {
    if (line.found[i]->count() == 0) continue;
    const auto& option = options()[i];
    if (auto done = option.set(config, line.found[i]->results()); !done)
      return identity::fail(done.error().reason, "", fmt::format("--{}: {}", option.name, done.error().message));
  }
  return {};
}

}  // namespace

std::variant<RunConfig, Exit> parse_run(std::span<const std::string> arguments) {
  CLI::App app("Serve one domain's directory of identities, and find those of other domains.", "pd-server run");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  CommandLine line;
  declare(app, line);
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return Exit{0, app.help()};
  } catch (const CLI::ExtrasError&) {
    const auto extras = app.remaining();
    return misuse(unknown(extras.empty() ? "" : extras.front()));
  } catch (const CLI::ParseError& error) {
    return misuse(error.what());
  }
  Config config;
  if (auto done = apply(line, config); !done) return misuse(done.error().message);
  if (line.print) {
    set_what_follows(config);
    return Exit{0, to_toml(config)};
  }
  auto complete_one = complete(std::move(config));
  if (!complete_one) return misuse(complete_one.error().message);
  return *std::move(complete_one);
}

}  // namespace pd::config
