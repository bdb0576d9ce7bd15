#include "service/refusal.h"

#include <algorithm>

namespace pd::service {

Refusal Refusal::for_now(Refused why, std::string detail, std::chrono::nanoseconds wait) {
  Refusal refusal(why, std::move(detail));
  refusal.retry_after_ = std::max(identity::Seconds(1), std::chrono::ceil<identity::Seconds>(wait));
  return refusal;
}

}  // namespace pd::service
