#include "backend.h"

#include <cstdlib>
#include <stdexcept>

#include "store/sqlite/open.h"

namespace pd::store::test {
namespace {

class SqliteBackend final : public Backend {
 public:
  explicit SqliteBackend(std::filesystem::path data) : data_(std::move(data)) {}
  explicit SqliteBackend(std::unique_ptr<TemporaryDirectory> directory)
      : directory_(std::move(directory)), data_(directory_->path() / "data") {}

  std::unique_ptr<Store> open() override { return sqlite::open(data_, options()); }
  std::unique_ptr<Store> open_with_caches_of(std::uint64_t rows, std::uint64_t bytes) override {
    auto bounded = options();
    bounded.remote_domains = bounded.remote_answers = {rows, bytes};
    return sqlite::open(data_, bounded);
  }
  std::string location() const override { return data_.string(); }

 private:
  static sqlite::Options options() {
    sqlite::Options options;
    options.domain = *Domain::parse("example.org");
    options.create = true;
    return options;
  }

  std::unique_ptr<TemporaryDirectory> directory_;
  std::filesystem::path data_;
};

}  // namespace

std::vector<std::string> backend_names() {
  return {"sqlite"};
}

std::unique_ptr<Backend> make_backend(const std::string& name) {
  if (name == "sqlite") return std::make_unique<SqliteBackend>(std::make_unique<TemporaryDirectory>());
  throw std::invalid_argument(name);
}

std::unique_ptr<Backend> attach(const std::string& name, const std::string& location) {
  if (name == "sqlite") return std::make_unique<SqliteBackend>(std::filesystem::path(location));
  throw std::invalid_argument(name);
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "pd-store-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace pd::store::test
