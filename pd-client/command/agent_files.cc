#include "command/agent_files.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "command/background.h"
#include "command/files_view.h"
#include "command/quantity.h"

namespace pd::command {

namespace {

using directory::Failure;
using identity::Json;

struct Which {
  std::string text;  // a number, or an address
  std::string into;
};

Json params_of(const Which& which) {
  Json params = Json::object();
  if (which.text.find_first_not_of("0123456789") == std::string::npos && !which.text.empty() &&
      which.text.size() < 16) {
    params["number"] = std::stoull(which.text);
  } else {
    params["with"] = parse_address(which.text).text();
  }
  if (!which.into.empty()) {
    params["folder"] = std::filesystem::absolute(which.into).string();
  }
  return params;
}

Json ask_about(Context& context, const std::string& method, const Which& which) {
  try {
    return ask_agent(context, method, params_of(which));
  } catch (const Failure& failure) {
    throw Failure(failure.kind(), failure.what(),
                  failure.hint().empty() ? "pdctl agent files shows what there is" : failure.hint());
  }
}

std::string state_text(const Json& transfer) {
  if (transfer.at("state") == "offered") {
    return "offered";
  }
  const auto bytes = transfer.at("bytes").get<std::uint64_t>();
  const auto there = transfer.at("bytes_there").get<std::uint64_t>();
  return fmt::format("{:.0f} %, {}/s",
                     bytes == 0 ? 100.0 : 100.0 * static_cast<double>(there) / static_cast<double>(bytes),
                     bytes_text(transfer.at("rate").get<std::uint64_t>()));
}

int list_files(Context& context) {
  const auto listed = ask_agent(context, "files");
  if (context.json()) {
    print(listed);
    return 0;
  }
  for (const auto& transfer : listed.at("files")) {
    std::cout << fmt::format("{:<4} {:<32} {:<16} {}\n", transfer.at("number").get<std::uint64_t>(),
                             transfer.at("with").get<std::string>(), state_text(transfer), transfer_text(transfer));
  }
  return 0;
}

int accept(Context& context, const Which& which) {
  const auto transfer = ask_about(context, "accept_files", which);
  if (context.json()) {
    print(transfer);
  } else {
    std::cout << fmt::format("{} of {} goes into {}\n", transfer_text(transfer), transfer.at("with").get<std::string>(),
                             transfer.at("folder").get<std::string>());
  }
  return 0;
}

int refuse(Context& context, const std::string& method, const std::string& done, const Which& which) {
  ask_about(context, method, which);
  if (context.json()) {
    print({{done, which.text}});
  }
  return 0;
}

}  // namespace

std::function<std::optional<int>(Context&)> declare_agent_files(CLI::App& app) {
  auto which = std::make_shared<Which>();
  const auto declare = [&](const char* name, const char* help) {
    auto* command = app.add_subcommand(name, help);
    command->add_option("NUMBER|ADDRESS", which->text, "which, by its number; or whose, where there is only one")
        ->required();
    return command;
  };
  auto* listing = app.add_subcommand("files", "show what others offer to send, and what is received now");
  auto* accepting = declare("accept", "take what is offered");
  accepting->add_option("--into", which->into, "into this folder instead of the agent's own")->type_name("DIR");
  auto* declining = declare("decline", "do not take what is offered");
  auto* cancelling =
      declare("cancel", "stop what is received; what has come is kept, and goes on when it is accepted again");
  return [=](Context& context) -> std::optional<int> {
    if (listing->parsed()) return list_files(context);
    if (accepting->parsed()) return accept(context, *which);
    if (declining->parsed()) return refuse(context, "decline_files", "declined", *which);
    if (cancelling->parsed()) return refuse(context, "cancel_files", "cancelled", *which);
    return {};
  };
}

}  // namespace pd::command
