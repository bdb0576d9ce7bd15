#include "reach/report.h"

#include <utility>

namespace pd::reach {

using connect::Cause;
using punch::NatKind;
using punch::Obstacle;
using punch::Trouble;

namespace {

std::string text_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::no_socket:
      return "this machine has no address of that kind";
    case Trouble::one_way:
      return "what they sent arrived, what we sent did not";
    case Trouble::no_answer:
      break;
  }
  return "no answer";
}

bool is_wrong_key(const std::optional<connect::NoLink>& failure) {
  return failure && failure->cause == Cause::wrong_key;
}

std::vector<connect::Way> ways_of(const Evidence& evidence) {
  std::vector<connect::Way> ways;
  if (evidence.punching) {
    for (const auto& attempt : evidence.punching->attempts) {
      ways.push_back(
          {"UDP, " + std::string(punch::name(attempt.path)) + ", " + attempt.address.text(), text_of(attempt.trouble)});
    }
    if (evidence.punching->attempts.empty()) {
      ways.push_back({"UDP", "they told no address that could be tried"});
    }
  } else if (evidence.over_udp) {
    ways.push_back({"QUIC", evidence.over_udp->message});
  } else {
    ways.push_back({"UDP", evidence.used_udp ? "not finished in time" : "not used"});
  }
  if (evidence.over_tcp) {
    ways.push_back({"TCP, opened from both sides", evidence.over_tcp->message});
  } else {
    ways.push_back({"TCP", evidence.used_tcp ? "not finished in time" : "not used"});
  }
  return ways;
}

struct Meaning {
  std::string sentence;
  std::string help;
};

Meaning meaning_of(const Evidence& evidence) {
  const auto& them = evidence.peer;
  if (evidence.own_nat == NatKind::symmetric && evidence.remote_nat == NatKind::symmetric) {
    return {"Your NAT and that of " + them +
                " both give every connection another port (symmetric NATs), so neither side "
                "can tell the other where to send.",
            "One of the two routers would have to forward a port (turn on UPnP, NAT-PMP or PCP), or both of you need "
            "IPv6."};
  }
  if (evidence.own_nat == NatKind::blocked) {
    return {"Your network lets no UDP out, and no TCP connection with " + them + " came about.",
            "Another network would help, or a port that your router or theirs forwards (UPnP, NAT-PMP or PCP)."};
  }
  if (evidence.remote_nat == NatKind::blocked) {
    return {"The network of " + them + " lets no UDP out, and no TCP connection with them came about.",
            "Another network on their side would help, or a port that one of the two routers forwards."};
  }
  if (evidence.over_udp) {
    return {"There is a way to " + them + " over UDP, but no link came of it.",
            "Try again; if it stays so, say so to them."};
  }
  if (evidence.punching && evidence.punching->obstacle == Obstacle::nothing_in_common) {
    return {"None of the addresses of " + them + " can be reached from this machine.",
            "One side may have IPv6 alone and the other IPv4 alone: a network with both would help."};
  }
  return {"Nothing that was sent to " + them + " was answered.",
          "They may have gone in this moment, or a firewall drops everything: try again, or from another network."};
}

}  // namespace

connect::NoLink report_on(const Evidence& evidence) {
  const auto& them = evidence.peer;
  if (is_wrong_key(evidence.over_udp) || is_wrong_key(evidence.over_tcp)) {
    return {Cause::wrong_key, "Somebody else answered in the place of " + them + ".",
            "Do not go on from this network; ask them by other means.", ways_of(evidence)};
  }
  auto meaning = meaning_of(evidence);
  return {Cause::unreachable, std::move(meaning.sentence), std::move(meaning.help), ways_of(evidence)};
}

}  // namespace pd::reach
