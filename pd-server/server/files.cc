#include "server/files.h"

#include <string>

#include "ops/file.h"
#include "server/start_error.h"

namespace pd::server {
namespace {

std::string text_of(const std::filesystem::path& file) {
  try {
    return ops::read_bounded(file, federation::max_policy_bytes);
  } catch (const ops::FileError& error) {
    throw StartError(error.what(), "give --policy a file that the server may read");
  }
}

}  // namespace

federation::Policy read_policy(const std::optional<std::filesystem::path>& file) {
  if (!file) return federation::Policy::open();
  auto policy = federation::Policy::parse(text_of(*file));
  if (!policy) {
    throw StartError(file->string() + ": " + policy.error().message,
                     "schema/spec/trust-policy.md says what a policy may say");
  }
  return std::move(*policy);
}

}  // namespace pd::server
