#include "stun/desk.h"

#include <chrono>
#include <string>

#include "http/peer.h"

namespace pd::stun_server {

Desk::Desk(limit::Rate rate, std::size_t networks, ops::Metrics& metrics)
    : limit_(rate, networks), udp_(counters(metrics, "udp")), tcp_(counters(metrics, "tcp")) {}

Desk::Counters Desk::counters(ops::Metrics& metrics, const char* transport) {
  const auto counter = [&](const char* outcome) -> ops::Counter& {
    return metrics.counter("pd_stun_requests", "STUN requests, by what became of them.",
                           {{"transport", transport}, {"outcome", outcome}});
  };
  return {counter("success"), counter("error"), counter("silence"), counter("limited")};
}

std::optional<std::size_t> Desk::answer(Transport transport, Bytes request, const Source& source,
                                        std::span<std::uint8_t, most_request_bytes> into) {
  Counters& count = transport == Transport::udp ? udp_ : tcp_;
  const Reply reply = reply_to(request, source, into);
  if (reply.kind == Reply::Kind::silence) {
    count.silence.add();
    return 0;
  }
  // Only now: what gets no answer harms nobody, and must not use up what an honest client of that address may ask.
  if (limit_.take(http::peer_key(source.address), std::chrono::steady_clock::now().time_since_epoch()) !=
      limit::Nanos::zero()) {
    count.limited.add();
    return std::nullopt;
  }
  (reply.kind == Reply::Kind::success ? count.success : count.error).add();
  return reply.bytes;
}

}  // namespace pd::stun_server
