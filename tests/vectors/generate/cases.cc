#include "cases.h"

#include <algorithm>
#include <stdexcept>

namespace pd::vectors {

void Cases::accept(std::string_view kind, std::string_view name, std::string_view about, const Json& input) {
  const auto kinds = chain_kinds();
  const auto handler = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == kind; });
  const auto output = handler->run(input);
  if (!output) throw std::runtime_error(std::string(name) + ": " + output.error().message);
  add(kind, name, {{"about", about}, {"input", input}, {"output", *output}});
}

void Cases::refuse(std::string_view kind, std::string_view name, std::string_view rule, std::string_view about,
                   const Json& input) {
  add(kind, name, {{"about", about}, {"input", input}, {"rule", rule}});
}

void Cases::add(std::string_view kind, std::string_view name, const Json& content) {
  const std::string path = std::string(kind) + "/" + std::string(name) + ".json";
  if (!files_.emplace(path, content.dump(2) + "\n").second) throw std::runtime_error(path + " is made twice");
}

}  // namespace pd::vectors
