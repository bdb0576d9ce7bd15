#include <algorithm>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config/option.h"
#include "ops/file.h"

namespace pd::config {
namespace {

using identity::Error;
using identity::Reason;
using identity::Result;

constexpr std::size_t longest_file = 1 << 20;

tl::unexpected<Error> wrong(const std::string& where, std::string message) {
  return identity::fail(Reason::malformed, "", fmt::format("{}: {}", where, message));
}

std::string line_of(const std::string& file, const toml::source_region& region) {
  return fmt::format("{}, line {}", file, region.begin.line);
}

// A value as the text that the same option would have on the command line.
Result<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  return identity::fail(Reason::malformed, "", "is neither a text, nor a whole number, nor true or false");
}

Result<std::vector<std::string>> texts_of(const Option& option, const toml::node& node) {
  std::vector<std::string> texts;
  if (const auto* array = node.as_array()) {
    if (option.kind != Kind::list) return identity::fail(Reason::malformed, "", "takes one value, not a list");
    for (const auto& item : *array) {
      auto text = text_of(item);
      if (!text) return tl::unexpected(text.error());
      texts.push_back(*std::move(text));
    }
    return texts;
  }
  auto text = text_of(node);
  if (!text) return tl::unexpected(text.error());
  texts.push_back(*std::move(text));
  return texts;
}

Result<void> apply(const toml::table& table, const std::string& file, Config& config) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const std::string where = line_of(file, node.source());
    const auto option = std::find_if(options().begin(), options().end(), [&](const auto& o) { return o.name == name; });
    if (option == options().end()) {
      const auto near = nearest_option(name);
      return wrong(where, fmt::format("there is no option '{}'{}", name.substr(0, 100),
                                      near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
    const auto texts = texts_of(*option, node);
    if (!texts) return wrong(where, fmt::format("{} {}", name, texts.error().message));
    if (auto done = option->set(config, *texts); !done)
      return wrong(where, fmt::format("{}: {}", name, done.error().message));
  }
  return {};
}

}  // namespace

Result<void> read_file(const std::filesystem::path& file, Config& config) {
  try {
    return apply(toml::parse(ops::read_bounded(file, longest_file), file.string()), file.string(), config);
  } catch (const ops::FileError& error) {
    return identity::fail(Reason::malformed, "", error.what());
  } catch (const toml::parse_error& error) {
    return wrong(line_of(file.string(), error.source()), std::string(error.description()));
  }
}

}  // namespace pd::config
