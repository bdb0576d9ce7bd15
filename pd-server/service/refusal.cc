#include "service/refusal.h"

#include <algorithm>
#include <utility>

namespace pd::service {

Refusal Refusal::for_now(Refused why, std::string detail, std::chrono::nanoseconds wait) {
  Refusal refusal(why, std::move(detail));
  refusal.retry_after_ = std::max(identity::Seconds(1), std::chrono::ceil<identity::Seconds>(wait));
  return refusal;
}

Refusal broken(identity::Reason reason, std::string_view rule, std::string message) {
  return {Refused::bad_record, identity::Error{reason, std::string(rule), std::move(message)}};
}

}  // namespace pd::service
