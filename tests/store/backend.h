#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace pd::store::test {

// One place that a backend keeps data in, empty at first and gone afterwards.
class Backend {
 public:
  virtual ~Backend() = default;

  // Opens it for example.org; a second time while the first is open, as another process would.
  virtual std::unique_ptr<Store> open() = 0;
  // As open(), but the two caches of other domains hold at most this many rows and bytes each.
  virtual std::unique_ptr<Store> open_with_caches_of(std::uint64_t rows, std::uint64_t bytes) = 0;
  // What attach() makes the same backend of, in another process.
  virtual std::string location() const = 0;
};

// Every backend by name.
std::vector<std::string> backend_names();
std::unique_ptr<Backend> make_backend(const std::string& name);
// A backend on data that somebody else made and will remove.
std::unique_ptr<Backend> attach(const std::string& name, const std::string& location);

// A directory that is removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace pd::store::test
