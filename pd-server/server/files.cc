#include "server/files.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "server/start_error.h"

namespace pd::server {
namespace fs = std::filesystem;

federation::Policy read_policy(const std::optional<fs::path>& file) {
  if (!file) return federation::Policy::open();
  std::ifstream in(*file, std::ios::binary);
  std::string text(federation::max_policy_bytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in && !in.eof()) {
    throw StartError("cannot read the policy " + file->string() + ": " + std::generic_category().message(errno),
                     "give --policy a file that the server may read");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto policy = federation::Policy::parse(text);
  if (!policy) {
    throw StartError(file->string() + ": " + policy.error().message,
                     "schema/spec/trust-policy.md says what a policy may say");
  }
  return std::move(*policy);
}

void write_whole(const fs::path& file, std::string_view text) {
  fs::path fresh = file;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), fresh.string());
  fs::rename(fresh, file);
}

}  // namespace pd::server
