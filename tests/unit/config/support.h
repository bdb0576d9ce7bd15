#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <unistd.h>

#include "config/option.h"
#include "config/options.h"

namespace pd::config {

// What every complete command line has.
inline std::vector<std::string> enough(std::vector<std::string> more = {}) {
  std::vector<std::string> all{"--domain",   "example.org", "--data",    "/var/lib/pd",
                               "--tls-cert", "cert.pem",    "--tls-key", "key.pem"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

inline Config accepted(const std::vector<std::string>& arguments) {
  auto result = parse_run(arguments);
  if (auto* exit = std::get_if<Exit>(&result)) throw std::runtime_error("refused: " + exit->text);
  return std::get<RunConfig>(std::move(result)).options;
}

inline std::string refused(const std::vector<std::string>& arguments) {
  auto result = parse_run(arguments);
  const auto* exit = std::get_if<Exit>(&result);
  if (exit == nullptr) throw std::runtime_error("accepted");
  if (exit->status != 2) throw std::runtime_error("not refused: " + exit->text);
  return exit->text;
}

// A file that is gone when the test ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "pd-config-XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    if (descriptor < 0) throw std::runtime_error("mkstemp");
    close(descriptor);
    path_ = name;
    std::ofstream(path_) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace pd::config
