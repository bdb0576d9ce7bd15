#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "punch/candidate.h"

namespace pd::gather {

// A port of ours that a router is to forward to us.
struct MappingRequest {
  punch::Transport transport;
  std::uint16_t port;
  std::uint16_t external;         // that we would like, or have already
  std::chrono::seconds lifetime;  // 0 takes the mapping back
};

// What the router does for so long.
struct Mapping {
  punch::TransportAddress external;
  std::chrono::seconds lifetime;
};

// One way to ask the default gateway for a mapping. It blocks: for workers, each used on one thread at a time.
class MappingProtocol {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  virtual ~MappingProtocol() = default;
  // For people: "PCP".
  virtual std::string_view name() const = 0;
  // Asks until `deadline`. What is asked again is renewed. Nothing when it was taken back, and when there was no answer
  // or it was no; why, `failure` then tells.
  virtual std::optional<Mapping> map(const MappingRequest& request, Deadline deadline, std::string& failure) = 0;
};

}  // namespace pd::gather
