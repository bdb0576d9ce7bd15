#include "stun/mapping.h"

#include <algorithm>

namespace pd::stun {

Mapping mapping_of(std::span<const Observation> seen, std::span<const boost::asio::ip::address> own,
                   std::uint16_t port) {
  if (seen.empty()) return Mapping::unknown;
  const Mapped& first = seen.front().mapped;
  const auto same = [&](const Observation& other) { return other.mapped == first; };
  if (!std::ranges::all_of(seen, same)) return Mapping::dependent;
  if (first.port == port && std::ranges::find(own, first.address) != own.end()) return Mapping::none;
  const auto elsewhere = [&](const Observation& other) { return other.server != seen.front().server; };
  return std::ranges::any_of(seen, elsewhere) ? Mapping::endpoint_independent : Mapping::unknown;
}

}  // namespace pd::stun
