#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pd::command {

// What a shell has to know of one command: the same that its help shows.
struct CompletionEntry {
  std::string name;  // "add", or "--device"
  std::string help;
  bool takes_value = false;  // options only
  bool takes_file = false;
};

struct CompletionNode {
  std::string path;  // "devices add"; empty for pdctl itself
  std::vector<CompletionEntry> commands;
  std::vector<CompletionEntry> options;
  std::vector<std::string> words;  // that its first argument may be
  bool wants_address = false;
  bool wants_file = false;
};

// Every command below `app`, the deepest first.
std::vector<CompletionNode> completion_nodes(const CLI::App& app);

std::string bash_completion(const std::vector<CompletionNode>& nodes);
std::string zsh_completion(const std::vector<CompletionNode>& nodes);
std::string fish_completion(const std::vector<CompletionNode>& nodes);

}  // namespace pd::command
