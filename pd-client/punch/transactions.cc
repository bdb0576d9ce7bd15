#include "punch/transactions.h"

namespace pd::punch {

std::uint64_t Transactions::begin(std::size_t socket, const TransportAddress& to, Instant now) {
  const std::uint64_t number = next();
  sent_.push_back({socket, to, now});
  return number;
}

std::optional<Instant> Transactions::find(std::uint64_t number, std::size_t socket, const TransportAddress& to) const {
  const std::uint64_t place =
      number - first_;  // numbers wrap around, and what is before the first is far behind the last
  if (place >= sent_.size()) return std::nullopt;
  const Sent& sent = sent_[place];
  return sent.socket == socket && sent.to == to ? std::optional(sent.at) : std::nullopt;
}

}  // namespace pd::punch
