#include "command/describe.h"

#include <fmt/format.h>

#include <chrono>
#include <iostream>

#include "directory/failure.h"
#include "directory/trust.h"
#include "identity/history.h"

namespace pd::command {
namespace {

const identity::OperationBody& head_of(const directory::VerifiedPeer& peer) {
  return peer.identity().history().head().body();
}

identity::Json devices_of(const directory::VerifiedPeer& peer) {
  auto list = identity::Json::array();
  for (const auto& device : peer.state().devices)
    list.push_back({{"name", device.name}, {"key", device.key.id()}});
  return list;
}

}  // namespace

std::string time_text(identity::Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::string unsaid_text(std::size_t unsaid) {
  return unsaid == 0 ? "" : " (and " + std::to_string(unsaid) + " more since the last that was told)";
}

std::string_view standing(const directory::VerifiedPeer& peer) {
  switch (head_of(peer).kind) {
    case identity::OperationKind::revoke:
      return "revoked";
    case identity::OperationKind::move:
      return "moved";
    default:
      return "active";
  }
}

identity::Json describe(const directory::VerifiedPeer& peer) {
  const auto& history = peer.identity().history();
  identity::Json json{{"address", peer.address().text()},
                      {"identity_key", peer.state().identity_key.id()},
                      {"devices", devices_of(peer)},
                      {"state", standing(peer)},
                      {"seq", history.head().body().seq},
                      {"operations", history.operations().size()},
                      {"created", time_text(history.operations().front().body().time)},
                      {"changed", time_text(head_of(peer).time)},
                      {"trust", directory::text_of(peer.trust())},
                      {"confirmed", peer.confirmed()},
                      {"stale", peer.stale()}};
  if (!peer.name().empty()) json["name"] = peer.name();
  if (head_of(peer).moved_to) json["moved_to"] = head_of(peer).moved_to->text();
  return json;
}

std::string describe_text(const directory::VerifiedPeer& peer) {
  const auto json = describe(peer);
  const auto value = [&](const char* name) { return json.at(name).get<std::string>(); };
  std::string text = value("address") + (peer.name().empty() ? "" : " (" + peer.name() + ")") + "\n";
  text += fmt::format("  state         {}{}\n", value("state"),
                      json.contains("moved_to") ? " to " + value("moved_to") : "");
  text += fmt::format("  identity key  {}\n", value("identity_key"));
  for (const auto& device : peer.state().devices)
    text += fmt::format("  device        {}  {}\n", device.key.id(), device.name);
  text += fmt::format("  created       {}\n  changed       {} (operation {})\n", value("created"), value("changed"),
                      json.at("seq").get<std::uint64_t>());
  text += fmt::format("  trust         {}\n", value("trust"));
  return text;
}

void warn_about(const directory::VerifiedPeer& peer) {
  warn_about(peer.address(), {peer.confirmed(), peer.stale(), peer.trust()});
}

void warn_about(const identity::Address& who, const Caveats& caveats) {
  const auto& domain = who.domain().text();
  if (!caveats.confirmed)
    std::cerr << "pdctl: warning: the key of " << domain << " is not confirmed: it came through your own server only\n";
  if (caveats.stale)
    std::cerr << "pdctl: warning: " << domain << " cannot be asked now; this is its last answer, still valid\n";
  if (caveats.trust == directory::Trust::rekeyed)
    std::cerr << "pdctl: warning: " << who.text() << " has a new identity key since you compared the safety number\n";
}

void require_active(const directory::VerifiedPeer& peer) {
  const auto state = standing(peer);
  if (state == "active") return;
  const auto& moved = head_of(peer).moved_to;
  throw directory::Failure(
      directory::Kind::failed, peer.address().text() + (moved ? " has moved" : " has been revoked by its owner"),
      moved ? "the new address is " + moved->text() : "ask them, in another way, for their new address");
}

void require_own_active(const directory::VerifiedPeer& self) {
  if (standing(self) == "active") return;
  const auto who = self.address().text();
  const auto& moved = head_of(self).moved_to;
  throw directory::Failure(directory::Kind::failed,
                           "your address " + who + (moved ? " has moved to " + moved->text() : " is revoked"),
                           std::string(moved ? "go on there" : "that is for good") +
                               "; if it was not you, and less than 72 hours ago: pdctl recover " + who);
}

}  // namespace pd::command
