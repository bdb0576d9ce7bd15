#pragma once

#include <mutex>

#include "ops/clock.h"
#include "store/store.h"

namespace pd::service {

using boost::asio::awaitable;

// Whether this server can do its work: a real read and a real write of the store, at most once a second. Meanwhile
// the last answer counts; before the first it is not ready. Any thread.
class Health {
 public:
  Health(store::Store& store, ops::Clock clock) : store_(store), clock_(std::move(clock)) {}

  // Never throws.
  awaitable<bool> ready();

 private:
  store::Store& store_;
  const ops::Clock clock_;
  std::mutex mutex_;
  // guarded by mutex_:
  identity::Time checked_{};
  bool ready_ = false;
};

}  // namespace pd::service
