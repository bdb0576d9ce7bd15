#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "command/command.h"
#include "command/describe.h"
#include "directory/lookup.h"

namespace pd::command {
namespace {

struct LookupOptions {
  std::string address;
  std::optional<std::string> server;
};

directory::VerifiedPeer find(Context& context, const LookupOptions& options) {
  const auto whom = parse_address(options.address);
  if (!options.server) return context.lookup().require(whom);
  auto asked = directory::require(identity::Domain::parse(*options.server), directory::Kind::usage, "--server");
  return directory::Lookup(context.transport(), context.pins(), std::move(asked), context.clock()).require(whom);
}

int run_lookup(Context& context, const LookupOptions& options) {
  const auto peer = find(context, options);
  warn_about(peer);
  if (context.json()) {
    print(describe(peer));
  } else {
    std::cout << describe_text(peer);
  }
  return 0;
}

}  // namespace

Run lookup(CLI::App& app) {
  auto options = std::make_shared<LookupOptions>();
  app.add_option("ADDRESS", options->address, "NAME@DOMAIN")->required();
  app.add_option("--server", options->server, "ask the server of that domain instead of your own")->type_name("DOMAIN");
  return [options](Context& context) { return run_lookup(context, *options); };
}

}  // namespace pd::command
