#include "validity.h"

#include <string>

namespace pd::identity {

Result<Period> read_period(const Json& payload, std::string_view rule) {
  const auto issued = time_member(payload, "iat", rule);
  if (!issued) return tl::unexpected(issued.error());
  const auto expires = time_member(payload, "exp", rule);
  if (!expires) return tl::unexpected(expires.error());
  return Period{*issued, *expires};
}

Result<void> check_life(const Period& period, Seconds max_life, std::string_view rule) {
  if (period.expires <= period.issued) return fail(Reason::malformed, rule, "exp is not after iat");
  if (period.expires - period.issued > max_life) {
    return fail(Reason::malformed, rule, "exp is more than " + std::to_string(max_life.count()) + " s after iat");
  }
  return {};
}

Result<void> check_period(const Period& period, Time now, std::string_view rule, std::string_view what) {
  if (now < period.issued - clock_skew) {
    return fail(Reason::not_yet_valid, rule, std::string(what) + " is dated in the future");
  }
  if (now >= period.expires) return fail(Reason::expired, rule, std::string(what) + " has expired");
  return {};
}

}  // namespace pd::identity
