#include <fmt/format.h>

#include <set>

#include "command/completion.h"

namespace pd::command {
namespace {

// The addresses of contacts come from pdctl itself, which asks no network for them.
constexpr std::string_view contact_list = "$(pdctl contacts list 2>/dev/null | cut -d' ' -f1)";

std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

template <class Wanted>
std::string option_pattern(const std::vector<CompletionNode>& nodes, Wanted wanted) {
  std::set<std::string> names;
  for (const auto& node : nodes)
    for (const auto& option : node.options)
      if (wanted(option)) names.insert(option.name);
  return fmt::format("{}", fmt::join(names, "|"));
}

std::string value_options(const std::vector<CompletionNode>& nodes) {
  return option_pattern(nodes, [](const CompletionEntry& option) { return option.takes_value; });
}

std::string file_options(const std::vector<CompletionNode>& nodes) {
  return option_pattern(nodes, [](const CompletionEntry& option) { return option.takes_file; });
}

const std::vector<CompletionEntry>& global_options(const std::vector<CompletionNode>& nodes) {
  return nodes.back().options;
}

std::vector<CompletionEntry> choices_of(const CompletionNode& node, const std::vector<CompletionNode>& nodes) {
  auto choices = node.commands;
  for (const auto& word : node.words)
    choices.push_back({word, ""});
  choices.insert(choices.end(), node.options.begin(), node.options.end());
  if (node.path.empty()) return choices;
  for (const auto& option : global_options(nodes))
    if (option.name != "--help") choices.push_back(option);
  return choices;
}

std::string case_pattern(const CompletionNode& node) {
  return node.path.empty() ? "*" : fmt::format("\"{}\"*", node.path);
}

}  // namespace

std::string bash_completion(const std::vector<CompletionNode>& nodes) {
  std::string script = fmt::format(R"(# bash completion for pdctl, made by `pdctl completion bash`
_pdctl() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} typed= skip= word choices= files=
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    if [[ -n $skip ]]; then skip=; continue; fi
    case $word in
      {}) skip=1 ;;
      -*) ;;
      *) typed+=${{typed:+ }}$word ;;
    esac
  done
  case $previous in
    {}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  [[ -z $skip ]] || return 0
  case $typed in
)",
                                   value_options(nodes), file_options(nodes));
  for (const auto& node : nodes) {
    std::vector<std::string> names;
    for (const auto& choice : choices_of(node, nodes))
      names.push_back(choice.name);
    script +=
        fmt::format("    {}) choices=\"{}{}\"{} ;;\n", case_pattern(node), fmt::join(names, " "),
                    node.wants_address ? fmt::format(" {}", contact_list) : "", node.wants_file ? " files=1" : "");
  }
  return script + R"(  esac
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
  [[ -n $files ]] && COMPREPLY+=($(compgen -f -- "$current"))
  return 0
}
complete -F _pdctl pdctl
)";
}

std::string zsh_completion(const std::vector<CompletionNode>& nodes) {
  std::string script = fmt::format(R"(#compdef pdctl
# zsh completion for pdctl, made by `pdctl completion zsh`
_pdctl() {{
  local typed= skip= word files=
  local -a choices people
  for word in "${{words[@]:1:$((CURRENT-2))}}"; do
    if [[ -n $skip ]]; then skip=; continue; fi
    case $word in
      ({}) skip=1 ;;
      (-*) ;;
      (*) typed+=${{typed:+ }}$word ;;
    esac
  done
  case ${{words[CURRENT-1]}} in
    ({}) _files; return ;;
  esac
  [[ -z $skip ]] || return 0
  case $typed in
)",
                                   value_options(nodes), file_options(nodes));
  for (const auto& node : nodes) {
    script += fmt::format("    ({})\n", case_pattern(node));
    script += "      choices=(\n";
    for (const auto& choice : choices_of(node, nodes))
      script += "        " + in_quotes(choice.name + ":" + choice.help) + "\n";
    script += "      )\n";
    if (node.wants_address) script += fmt::format("      people=(${{(f)\"{}\"}})\n", contact_list);
    if (node.wants_file) script += "      files=1\n";
    script += "      ;;\n";
  }
  return script + R"(  esac
  _describe 'pdctl' choices
  (( $#people )) && compadd -a people
  [[ -n $files ]] && _files
}
if [ "$funcstack[1]" = _pdctl ]; then _pdctl "$@"; else compdef _pdctl pdctl; fi
)";
}

std::string fish_completion(const std::vector<CompletionNode>& nodes) {
  std::string script = "# fish completion for pdctl, made by `pdctl completion fish`\n";
  for (const auto& node : nodes) {
    std::string condition = "__fish_use_subcommand";
    if (!node.path.empty()) {
      condition.clear();
      std::string rest = node.path + " ";
      for (auto end = rest.find(' '); end != std::string::npos; rest.erase(0, end + 1), end = rest.find(' '))
        condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + rest.substr(0, end));
    }
    if (!node.path.empty() && !node.commands.empty()) {
      std::vector<std::string> names;
      for (const auto& command : node.commands)
        names.push_back(command.name);
      condition += fmt::format("; and not __fish_seen_subcommand_from {}", fmt::join(names, " "));
    }
    const std::string start = "complete -c pdctl -f -n " + in_quotes(condition);
    for (const auto& command : node.commands)
      script += fmt::format("{} -a {} -d {}\n", start, command.name, in_quotes(command.help));
    for (const auto& word : node.words)
      script += fmt::format("{} -a {}\n", start, word);
    if (node.wants_address)
      script += fmt::format("{} -a {}\n", start, in_quotes("(pdctl contacts list 2>/dev/null | cut -d' ' -f1)"));
    if (node.wants_file) script += fmt::format("complete -c pdctl -F -n {}\n", in_quotes(condition));
    const std::string where = node.path.empty() ? "complete -c pdctl -f" : start;
    for (const auto& option : node.options)
      script += fmt::format("{} -l {} -d {}{}\n", where, option.name.substr(2), in_quotes(option.help),
                            option.takes_file    ? " -r -F"
                            : option.takes_value ? " -x"
                                                 : "");
  }
  return script;
}

}  // namespace pd::command
