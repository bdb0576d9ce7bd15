#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "support.h"

namespace pd::store::test {

// The base of every suite that all backends must pass: an empty, open store.
class StoreSuite : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { store = backend->open(); }
  void reopen() {
    store.reset();
    store = backend->open();
  }

  std::unique_ptr<Backend> backend = make_backend(GetParam());
  std::unique_ptr<Store> store;
};

inline std::string backend_name(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

// Once a suite: runs it over all backends.
#define FOR_EVERY_BACKEND(Suite) \
  INSTANTIATE_TEST_SUITE_P(Backends, Suite, testing::ValuesIn(backend_names()), backend_name)

}  // namespace pd::store::test
