#include "service/health.h"

namespace pd::service {

awaitable<bool> Health::ready() {
  const auto now = clock_();
  {
    const std::lock_guard lock(mutex_);
    if (checked_ == now) co_return ready_;
    checked_ = now;  // so that whoever comes while this one asks gets the answer of the last time
  }
  bool works = true;
  try {
    co_await store_.probe(now);
  } catch (const std::exception&) {
    works = false;
  }
  const std::lock_guard lock(mutex_);
  ready_ = works;
  co_return works;
}

}  // namespace pd::service
