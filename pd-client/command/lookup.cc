#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "command/command.h"
#include "command/describe.h"
#include "directory/lookup.h"

namespace pd::command {

Run lookup(CLI::App& app) {
  auto address = std::make_shared<std::string>();
  app.add_option("ADDRESS", *address, "NAME@DOMAIN")->required();
  return [address](Context& context) {
    const auto whom = parse_address(*address);
    const auto peer = context.lookup().require(whom);
    warn_about(peer);
    if (context.json()) {
      print(describe(peer));
    } else {
      std::cout << describe_text(peer);
    }
    return 0;
  };
}

}  // namespace pd::command
