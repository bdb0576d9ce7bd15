#include "vector.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>

namespace pd::vectors {
namespace {

// What is wrong with the form of a vector, or nothing.
std::string check_form(const Json& vector, const std::set<std::string>& rules) {
  if (!vector.is_object()) return "not a JSON object";
  if (!vector.contains("about") || !vector["about"].is_string()) return "no \"about\"";
  if (!vector.contains("input") || !vector["input"].is_object()) return "no \"input\"";
  if (vector.contains("output") == vector.contains("rule")) return "not one of \"output\" and \"rule\"";
  if (vector.size() != 3) return "members that nobody reads";
  if (vector.contains("rule") && !rules.contains(vector["rule"])) return "no page of schema/spec defines its rule";
  return {};
}

}  // namespace

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string unhex(const std::string& hexadecimal) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hexadecimal.substr(i, 2), nullptr, 16));
  return bytes;
}

std::vector<Vector> find_vectors(const std::filesystem::path& directory) {
  std::vector<Vector> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_directory()) continue;
    const auto place = entry.path().lexically_relative(directory);
    found.push_back({entry.path(), place.parent_path().string(), place.stem().string()});
  }
  std::sort(found.begin(), found.end(), [](const Vector& a, const Vector& b) { return a.file < b.file; });
  return found;
}

std::set<std::string> rules_in(const std::filesystem::path& spec) {
  static const std::regex rule(R"(\*\*([A-Z]+-[0-9]+)\*\*)");
  std::set<std::string> rules;
  for (const auto& page : std::filesystem::directory_iterator(spec)) {
    const std::string text = read_file(page.path());
    for (auto match = std::sregex_iterator(text.begin(), text.end(), rule); match != std::sregex_iterator(); ++match) {
      rules.insert((*match)[1]);
    }
  }
  return rules;
}

std::string check(const Vector& vector, const Kind& kind, const std::set<std::string>& rules, bool& is_refused) {
  if (vector.file.extension() != ".json") return "not a .json file: nobody reads it";
  const Json content = Json::parse(read_file(vector.file), nullptr, false);
  if (const std::string wrong = check_form(content, rules); !wrong.empty()) return wrong;
  is_refused = content.contains("rule");
  const auto result = kind.run(content["input"]);
  if (is_refused && result) return "accepted: " + result->dump();
  if (is_refused && result.error().rule == content["rule"].get_ref<const std::string&>()) return {};
  if (!result) return "refused under " + result.error().rule + ": " + result.error().message;
  if (*result != content["output"]) return "another output: " + result->dump();
  return {};
}

}  // namespace pd::vectors
