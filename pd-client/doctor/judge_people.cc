#include <fmt/format.h>

#include "directory/trust.h"
#include "doctor/finding.h"

namespace pd::doctor {

using directory::Kind;

namespace {

Finding failed(std::string name, const directory::Failure& failure) {
  return {std::move(name), Grade::bad, failure.what(), failure.hint(), {}, failure.kind()};
}

Finding listed(const PeerState& peer) {
  const auto who = peer.address.text();
  if (peer.failure) return failed("directory", *peer.failure);
  if (!peer.active) {
    return {"directory", Grade::bad, "the identity of " + who + " has ended", "pdctl lookup " + who + " tells more"};
  }
  auto found = fmt::format("{} is active, {} device{}, {}", who, peer.devices, peer.devices == 1 ? "" : "s",
                           directory::text_of(peer.trust));
  if (peer.devices == 0) {
    return {"directory", Grade::bad, std::move(found), "they need a device: pdctl devices add, on their side"};
  }
  if (!peer.confirmed) {
    return {"directory", Grade::limited, found + "; the key of their domain was seen through your own server only",
            peer.address.domain().text() + " cannot be reached from here: try again later"};
  }
  if (peer.stale) {
    return {"directory", Grade::limited, found + "; their server could not be asked, this is its last word",
            "they cannot be called until " + peer.address.domain().text() + " answers again"};
  }
  return {"directory", Grade::good, std::move(found)};
}

Finding reached(const Path& path) {
  if (!path.taken) return {"path", Grade::good, path.where};
  return {"path", Grade::good, fmt::format("{}, {}, in {} ms", path.taken->name, path.where, path.taken->time.count())};
}

Finding not_reached(const connect::NoLink& report) {
  const bool impostor = report.cause == connect::Cause::wrong_key;
  Finding finding{"path", Grade::bad, report.message, report.help, {}, impostor ? Kind::unverified : Kind::unreachable};
  for (const auto& way : report.ways)
    finding.details.push_back(way.name + ": " + way.failure);
  if (finding.help.empty() && !impostor) {
    finding.help = "ask them whether pdctl listen or pdctl agent runs there, and what pdctl contacts requests shows";
  }
  return finding;
}

}  // namespace

Findings judge(const OwnState& own) {
  const auto who = own.address.text();
  if (own.failure) return {failed("identity", *own.failure)};
  if (!own.active)
    return {{"identity", Grade::bad, "the identity of " + who + " has ended", "register another address"}};
  if (!own.device_listed) {
    return {{"identity", Grade::bad, "this machine does not speak for " + who,
             "pdctl devices add, on the machine with the identity key"}};
  }
  return {{"identity", Grade::good, who + " is active, and this machine speaks for them"}};
}

Findings judge(const PeerState& peer) {
  Findings findings = {listed(peer)};
  if (!peer.attempt) return findings;
  if (const auto* path = std::get_if<Path>(&*peer.attempt)) {
    findings.push_back(reached(*path));
  } else {
    findings.push_back(not_reached(std::get<connect::NoLink>(*peer.attempt)));
  }
  return findings;
}

}  // namespace pd::doctor
