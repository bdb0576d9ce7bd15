#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config/option.h"
#include "config/options.h"

namespace pd::config {
namespace {

std::string quoted(const Option& option, const std::string& value) {
  if (option.bare) return value;
  std::ostringstream out;
  const toml::value<std::string> text(value);
  out << toml::toml_formatter(text, toml::format_flags::none);
  return out.str();
}

std::string toml_value(const Option& option, const std::vector<std::string>& values) {
  if (option.kind != Kind::list) return quoted(option, values.front());
  std::string items;
  for (const auto& value : values)
    items += (items.empty() ? "" : ", ") + quoted(option, value);
  return "[" + items + "]";
}

// Text for roff: a dash that is a dash, and no line that looks like a request.
std::string roff(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else
      escaped += c;
  }
  if (!escaped.empty() && (escaped[0] == '.' || escaped[0] == '\'')) escaped.insert(0, "\\&");
  return escaped;
}

}  // namespace

std::string default_text(const Option& option) {
  std::string text;
  for (const auto& value : option.get(Config{}))
    text += (text.empty() ? "" : ", ") + value;
  return option.kind == Kind::flag ? "" : text;
}

std::string to_toml(const Config& config) {
  std::string text = "# Options of `pd-server run --config FILE`.\n";
  for (const auto& option : options()) {
    const auto values = option.get(config);
    text += fmt::format("\n# {}\n", option.help);
    if (!values.empty())
      text += fmt::format("{} = {}\n", option.name, toml_value(option, values));
    else
      text += fmt::format("# {} = {}\n", option.name, option.kind == Kind::list ? "[]" : "\"\"");
  }
  return text;
}

std::string to_roff() {
  std::string text;
  for (const auto& option : options()) {
    text += ".TP\n\\fB\\-\\-" + roff(option.name) + "\\fR";
    if (!option.argument.empty()) text += " \\fI" + roff(option.argument) + "\\fR";
    text += "\n" + roff(option.help) + "\n";
    if (const auto value = default_text(option); !value.empty()) text += "Default: " + roff(value) + ".\n";
  }
  return text;
}

}  // namespace pd::config
