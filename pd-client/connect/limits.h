#pragma once

#include <chrono>
#include <cstddef>

namespace pd::connect {

// SESS-5. Tests make the times shorter.
struct Limits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds first_byte{3'000};  // of the handshake, from who dials
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds verification{20'000};
  std::size_t unverified = 32;
  std::size_t unverified_per_ip = 8;
  std::size_t verified = 256;
};

}  // namespace pd::connect
