#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "directory/database.h"
#include "directory/failure.h"
#include "identity/address.h"

namespace pd::files {

// What the owner has accepted and has not all come yet, kept on disk, so that nobody is asked twice (FILE-20). The key
// of an offer is its resume_key(). One thread. Throws directory::Failure when the disk says no.
class Accepted {
 public:
  Accepted(const std::filesystem::path& file, directory::Clock clock);

  // Durable when it returns.
  void remember(const std::string& key, const identity::Address& sender, const std::filesystem::path& folder);
  // Where it shall go, if it was accepted. It is continued now.
  std::optional<std::filesystem::path> take_up(const std::string& key);
  // Whether something that they offered was accepted; or anybody.
  bool expects(const identity::Address& sender);
  bool expects_any();
  void forget(const std::string& key);

 private:
  directory::Database database_;
  directory::Clock clock_;
};

}  // namespace pd::files
