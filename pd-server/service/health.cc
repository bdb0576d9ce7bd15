#include "service/health.h"

namespace pd::service {

awaitable<bool> Health::ready() {
  const auto now = clock_();
  {
    const std::lock_guard lock(mutex_);
    if (checked_ == now) co_return ready_;
  }
  bool works = true;
  try {
    co_await store_.probe(now);
  } catch (const std::exception&) {
    works = false;
  }
  const std::lock_guard lock(mutex_);
  checked_ = now;
  ready_ = works;
  co_return works;
}

}  // namespace pd::service
