#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "identity/result.h"

namespace pd::identity {

// EXPECT_THAT(result, Rejects(Reason::wrong_key, "HIST-6")): it failed, for that reason, and names that rule.
MATCHER_P2(Rejects, reason, rule, "is refused under " + std::string(rule)) {
  if (arg.has_value()) {
    *result_listener << "it was accepted";
    return false;
  }
  *result_listener << arg.error().rule << " (reason " << static_cast<int>(arg.error().reason) << ") "
                   << arg.error().message;
  return arg.error().reason == reason && arg.error().rule == rule;
}

MATCHER(Accepts, "is accepted") {
  if (!arg.has_value()) *result_listener << arg.error().rule << ": " << arg.error().message;
  return arg.has_value();
}

}  // namespace pd::identity
