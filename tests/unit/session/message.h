#pragma once

#include <string>

#include "session/frame.h"

namespace pd::session::test {

// With an id of its own.
inline Message message(const std::string& text) {
  return {new_id(), identity::Time(identity::Seconds(1'767'225'600)), text};
}

}  // namespace pd::session::test
