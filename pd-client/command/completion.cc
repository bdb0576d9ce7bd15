#include "command/completion.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "command/command.h"

namespace pd::command {
namespace {

bool all_commands(const CLI::App*) {
  return true;
}

bool names_file(const CLI::Option& option) {
  const auto type = option.get_type_name();
  return type == "FILE" || type == "DIR";
}

void add_options(const CLI::App& app, CompletionNode& node) {
  for (const auto* option : app.get_options(nullptr)) {
    const auto& long_names = option->get_lnames();
    const bool takes_value = option->get_expected_max() > 0 && option->get_type_size_max() > 0;
    for (const auto& name : long_names)
      node.options.push_back({"--" + name, option->get_description(), takes_value, names_file(*option)});
    if (!long_names.empty()) continue;
    const auto& positional = option->get_name();
    if (positional.find("ADDRESS") != std::string::npos) node.wants_address = true;
    if (positional == "FILE") node.wants_file = true;
    if (positional == "SHELL") node.words = {"bash", "zsh", "fish"};
    if (positional == "POLICY") node.words = {"contacts", "ask", "anyone"};
    if (positional == "FORMAT") node.words = {"ssh", "git", "age", "jwk"};
  }
}

void add_nodes(const CLI::App& app, const std::string& path, std::vector<CompletionNode>& nodes) {
  CompletionNode node{path, {}, {}, {}, false, false};
  for (const auto* sub : app.get_subcommands(all_commands)) {
    add_nodes(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), nodes);
    node.commands.push_back({sub->get_name(), sub->get_description()});
  }
  add_options(app, node);
  nodes.push_back(std::move(node));
}

}  // namespace

std::vector<CompletionNode> completion_nodes(const CLI::App& app) {
  std::vector<CompletionNode> nodes;
  add_nodes(app, "", nodes);
  return nodes;
}

Run completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell, &app](Context& context) {
    const auto nodes = completion_nodes(*app.get_parent());
    const auto script = *shell == "bash"  ? bash_completion(nodes)
                        : *shell == "zsh" ? zsh_completion(nodes)
                                          : fish_completion(nodes);
    if (context.json()) {
      print({{"shell", *shell}, {"script", script}});
    } else {
      std::cout << script;
    }
    return 0;
  };
}

}  // namespace pd::command
