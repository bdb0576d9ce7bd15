#pragma once

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/admin.h"
#include "admin/program.h"
#include "identity/history.h"
#include "identity/sample.h"
#include "store/sqlite/open.h"

namespace pd::admin {

using testing::HasSubstr;
namespace sample = identity::sample;

struct Outcome {
  int status;
  std::string out;
  std::string err;

  identity::Json json() const { return identity::Json::parse(out); }
};

// A data directory of example.org, and the commands on it.
class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    std::string name = (std::filesystem::temp_directory_path() / "pd-admin-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = name;
    data = folder / "data";
  }
  ~AdminTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  // Exactly these arguments; the first is the command.
  Outcome raw(std::vector<std::string> arguments) {
    std::ostringstream out;
    std::ostringstream err;
    const std::string name = arguments.front();
    arguments.erase(arguments.begin());
    for (const auto& command : commands()) {
      if (command.name != name) continue;
      const int status =
          command.run({out, err, [this] { return now; }, [this](const auto&) { return doubts; }}, arguments);
      return {status, out.str(), err.str()};
    }
    throw std::invalid_argument(name);
  }
  // With --data.
  Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--data", data.string()});
    return raw(std::move(arguments));
  }

  // As a server opens it.
  std::unique_ptr<store::Store> serve() {
    store::sqlite::Options options;
    options.domain = sample::domain("example.org");
    options.create = true;
    return store::sqlite::open(data, options);
  }
  static void add_user(store::Store& store, const std::string& local) {
    const auto operation = sample::create(sample::state(local + "@example.org"));
    const auto outcome = wait(store.append({operation.body().state.address,
                                            operation.text(),
                                            operation.hash(),
                                            std::nullopt,
                                            {operation.hash(), 0, 1},
                                            sample::at(0),
                                            std::nullopt}));
    ASSERT_EQ(outcome, store::AppendOutcome::done);
  }

  std::filesystem::path folder;
  std::filesystem::path data;
  std::vector<std::string> doubts;  // of whoever checks a configuration
  identity::Time now = sample::at(1'000);
};

}  // namespace pd::admin
