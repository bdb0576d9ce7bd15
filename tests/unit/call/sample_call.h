#pragma once

#include <cstdint>
#include <string>

#include "call/message.h"

namespace pd::call::test {

// The id of a call, of one digit.
inline CallId id(char digit) {
  return CallId(32, digit);
}

// A description that differs from that of another number.
inline punch::Description description(std::uint8_t number) {
  punch::Description description{};
  description.secret.fill(number);
  return description;
}

}  // namespace pd::call::test
