// generate_vectors VECTORS-DIRECTORY          writes the vectors of operations, histories, statements, …
// generate_vectors --check VECTORS-DIRECTORY  fails unless exactly these are there, byte for byte
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "cases.h"

namespace pd::vectors {
namespace {

namespace fs = std::filesystem;

Cases all_cases() {
  Cases cases;
  add_operations(cases);
  add_histories(cases);
  add_statements(cases);
  add_domain_keys(cases);
  add_descriptors(cases);
  add_resolutions(cases);
  add_pins(cases);
  add_endpoints(cases);
  add_signals(cases);
  return cases;
}

void write(const Cases& cases, const fs::path& directory) {
  for (const auto& [path, text] : cases.files()) {
    fs::create_directories((directory / path).parent_path());
    std::ofstream(directory / path, std::ios::binary) << text;
  }
}

// Files of our kinds that are there and that nobody makes any more.
std::set<std::string> left_over(const Cases& cases, const fs::path& directory) {
  std::set<std::string> found;
  for (const Kind& kind : chain_kinds()) {
    for (const auto& entry : fs::directory_iterator(directory / kind.name)) {
      const std::string path = entry.path().lexically_relative(directory).string();
      if (!cases.files().contains(path)) found.insert(path);
    }
  }
  return found;
}

int check(const Cases& cases, const fs::path& directory) {
  int wrong = 0;
  for (const auto& [path, text] : cases.files()) {
    std::ifstream file(directory / path, std::ios::binary);
    if (std::string(std::istreambuf_iterator<char>(file), {}) == text) continue;
    std::cerr << path << " is not what generate_vectors makes\n";
    ++wrong;
  }
  for (const std::string& path : left_over(cases, directory)) {
    std::cerr << path << " is made by nobody\n";
    ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace pd::vectors

int main(int count, char** arguments) {
  using namespace pd::vectors;
  const bool is_check = count == 3 && std::string_view(arguments[1]) == "--check";
  if (count != 2 && !is_check) {
    std::cerr << "usage: generate_vectors [--check] VECTORS-DIRECTORY\n";
    return 2;
  }
  const Cases cases = all_cases();
  if (is_check) return check(cases, arguments[2]);
  write(cases, arguments[1]);
  return 0;
}
