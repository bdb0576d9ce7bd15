#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "kinds.h"

namespace pd::vectors {

// One case: schema/vectors/KIND/NAME.json, which is
//   {"about":"what it shows","input":{…},"output":{…}}   for what is accepted, or
//   {"about":"what it shows","input":{…},"rule":"OP-3"}  for what that rule refuses.
struct Vector {
  std::filesystem::path file;
  std::string kind;
  std::string name;
};

std::string read_file(const std::filesystem::path& file);

// The bytes that `hexadecimal` stands for.
std::string unhex(const std::string& hexadecimal);

// Every file below `directory`, whatever it is called.
std::vector<Vector> find_vectors(const std::filesystem::path& directory);

// The rules that the pages of `spec` define: each is the bold beginning of a paragraph, **OP-3**.
std::set<std::string> rules_in(const std::filesystem::path& spec);

// Reads `vector`, gives it to `kind` and compares. Returns what is wrong, or nothing. `is_refused` tells which sort of
// vector it is.
std::string check(const Vector& vector, const Kind& kind, const std::set<std::string>& rules, bool& is_refused);

}  // namespace pd::vectors
