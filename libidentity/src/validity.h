#pragma once

#include <string_view>

#include "identity/json.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

// From when to when a signed thing holds: its members "iat" and "exp".
struct Period {
  Time issued;
  Time expires;
};

// Reads both; fails with malformed under `rule`.
Result<Period> read_period(const Json& payload, std::string_view rule);

// Fails with malformed, under `rule`, unless the period is longer than nothing and at most `max_life`.
Result<void> check_life(const Period& period, Seconds max_life, std::string_view rule);

// Fails with not_yet_valid when `period` begins more than clock_skew after `now`, with expired from its end on. There
// is no leeway at the end: whoever signs renews well before it.
Result<void> check_period(const Period& period, Time now, std::string_view rule, std::string_view what);

}  // namespace pd::identity
