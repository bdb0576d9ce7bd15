#pragma once

#include <map>
#include <string>
#include <string_view>

#include "../kinds.h"

namespace pd::vectors {

// The vectors that are made by a program: keys, names and times come from identity/sample.h, so every run makes the
// same.
class Cases {
 public:
  // A case that is accepted; its output is what the kind's handler returns. Throws std::runtime_error when it refuses.
  void accept(std::string_view kind, std::string_view name, std::string_view about, const Json& input);
  // A case that must be refused under `rule`: whether it is, the runner sees.
  void refuse(std::string_view kind, std::string_view name, std::string_view rule, std::string_view about,
              const Json& input);

  // The text of each file, by its path below schema/vectors.
  const std::map<std::string, std::string>& files() const { return files_; }

 private:
  void add(std::string_view kind, std::string_view name, const Json& content);
  std::map<std::string, std::string> files_;
};

// Each adds the cases of its formats.
void add_operations(Cases& cases);
void add_histories(Cases& cases);
void add_statements(Cases& cases);
void add_domain_keys(Cases& cases);
void add_descriptors(Cases& cases);
void add_resolutions(Cases& cases);
void add_pins(Cases& cases);
void add_endpoints(Cases& cases);
void add_signals(Cases& cases);

}  // namespace pd::vectors
