#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "command/agent_files.h"
#include "command/background.h"
#include "command/command.h"
#include "command/describe.h"
#include "command/serving.h"

namespace pd::command {
namespace {

using directory::Failure;
using directory::Kind;

// How long an agent may take to say bye to everybody (SESS-21), generously.
constexpr std::chrono::seconds stop_time{15};
constexpr std::chrono::milliseconds between_looks_for_end{20};

struct AgentOptions {
  Serving::Options serving;
  bool background = false;
};

int serve(Context& context, const AgentOptions& options) {
  std::optional<Background> background;
  if (options.background) {
    background.emplace(Background::split());
    if (background->is_parent()) {
      return background->status();
    }
  }
  agent::Log log;
  Serving serving(context, options.serving, log);
  if (background) {
    log.into(context.home().path() / "agent.log");
    background->ready();
  }
  return serving.run();
}

int status(Context& context) {
  const auto status = ask_agent(context, "status");
  if (context.json()) {
    print(status);
    return 0;
  }
  const auto since = identity::Time(identity::Seconds(status.at("since").get<std::int64_t>()));
  std::cout << fmt::format("running    since {}, process {}\n", time_text(since), status.at("pid").get<long>());
  for (const auto& endpoint : status.at("endpoints")) {
    std::cout << fmt::format("published  {}\n", endpoint.get<std::string>());
  }
  for (const auto& address : status.at("connected")) {
    std::cout << fmt::format("connected  {}\n", address.get<std::string>());
  }
  std::cout << fmt::format("waiting    {}\n", status.at("waiting").get<std::size_t>());
  if (const auto offers = status.at("offers").get<std::size_t>(); offers > 0) {
    std::cout << fmt::format("offered    {} by others: pdctl agent files\n", offers);
  }
  if (status.contains("problem")) {
    std::cout << fmt::format("problem    {}\n", status.at("problem").get<std::string>());
  }
  return 0;
}

bool is_free(const directory::Home& home) {
  try {
    home.lock_listening();
    return true;
  } catch (const Failure&) {
    return false;
  }
}

// Returns when it has ended, so that another one can be started.
int stop(Context& context) {
  ask_agent(context, "stop");
  const auto until = std::chrono::steady_clock::now() + stop_time;
  while (!is_free(context.home())) {
    if (std::chrono::steady_clock::now() > until) {
      throw Failure(Kind::failed, "the agent does not end");
    }
    std::this_thread::sleep_for(between_looks_for_end);
  }
  if (context.json()) {
    print({{"stopped", true}});
  }
  return 0;
}

}  // namespace

Run agent(CLI::App& app) {
  auto options = std::make_shared<AgentOptions>();
  app.require_subcommand(0, 1);
  app.add_flag("--background", options->background, "go on in the background, and log to agent.log in the home");
  app.add_flag("--no-listen", options->serving.no_listen,
               "publish nothing, and take calls from those alone whom you talk to");
  declare_listening(app, options->serving.listen);
  declare_downloads(app, options->serving.downloads, "ask");
  auto* stopping = app.add_subcommand("stop", "end the one that runs");
  auto* asking = app.add_subcommand("status", "show what the one that runs is doing");
  const auto files = declare_agent_files(app);
  app.footer(
      "It keeps the links to others, delivers what waits, and serves chat and other programs, which talk to it\n"
      "as schema/spec/agent.md says. chat and contacts list --here start one when there is none,\n"
      "unless PD_AGENT is off.");
  return [=](Context& context) {
    if (stopping->parsed()) return stop(context);
    if (asking->parsed()) return status(context);
    if (const auto done = files(context)) return *done;
    return serve(context, *options);
  };
}

}  // namespace pd::command
