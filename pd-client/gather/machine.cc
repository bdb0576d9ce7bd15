#include "gather/machine.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace pd::gather {

namespace {

std::string line_of(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

punch::MachineId machine_id() {
  std::error_code error;
  const auto stack = std::filesystem::read_symlink("/proc/self/ns/net", error).string();
  const auto boot = line_of("/proc/sys/kernel/random/boot_id");
  if (stack.empty() || boot.empty()) {
    return {};
  }
  const std::string id = line_of("/etc/machine-id") + "\n" + boot + "\n" + stack + "\n";
  return {id.begin(), id.end()};
}

}  // namespace pd::gather
