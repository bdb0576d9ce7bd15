#include "federation/verdict.h"

#include <algorithm>

namespace pd::federation {
namespace {

using identity::Descriptor;
using identity::Resolution;
using identity::VerifiedAbsence;
using identity::VerifiedIdentity;

tl::unexpected<RemoteError> lie(const std::string& what, const identity::Error& error) {
  return tl::unexpected(RemoteError(Trouble::lying, what, error));
}

// What was verified of a name before.
struct Seen {
  std::vector<std::string> operations;  // in order; none for a name that was not seen
  bool removed = false;
};

Seen seen_in(const Before& before) {
  if (before.cached) {
    const auto& verified = before.cached->answer->verified;
    if (const auto* absence = std::get_if<VerifiedAbsence>(&verified); absence != nullptr && absence->removed())
      return {{}, true};
    if (const auto* identity = std::get_if<VerifiedIdentity>(&verified)) {
      Seen seen;
      for (const auto& operation : identity->history().operations())
        seen.operations.push_back(operation.text());
      return seen;
    }
  }
  auto stored = before.stored.empty() ? identity::Result<Resolution>{Resolution{}} : Resolution::parse(before.stored);
  if (!stored) return {};
  const auto statement = identity::Statement::parse(stored->statement);
  return {std::move(stored->operations), statement && statement->body().removed};
}

bool is_removal(const identity::Verified& verified) {
  const auto* absence = std::get_if<VerifiedAbsence>(&verified);
  return absence != nullptr && absence->removed();
}

// FED-12: a history only grows. Whoever was seen is never nobody again, unless the domain says that it removed them,
// and then for good; what was seen stays, in its order.
Outcome<void> continues(const Seen& seen, const std::vector<std::string>& now, bool removed) {
  if (removed) return {};
  if (seen.removed) return trouble<void>(Trouble::lying, "it brings back a name that it had removed", "FED-12");
  const auto& before = seen.operations;
  if (before.empty()) return {};
  if (now.empty()) return trouble<void>(Trouble::lying, "it denies a name that it vouched for before", "FED-12");
  const bool prefix = before.size() <= now.size() && std::equal(before.begin(), before.end(), now.begin());
  if (!prefix)
    return trouble<void>(Trouble::lying, "its history does not continue the one that was seen before", "FED-12");
  return {};
}

// The descriptor in the answer, where it is later than the one we have. An older one is nobody's fault (DESC-10).
Outcome<std::optional<Descriptor>> newer_descriptor(const Claim& claim, const identity::Json& sent) {
  const auto descriptor = Descriptor::from_json(claim.about.domain(), sent);
  if (!descriptor) return lie("the descriptor in the answer", descriptor.error());
  const auto succeeds = descriptor->check_succeeds(claim.home);
  if (!succeeds && succeeds.error().reason == identity::Reason::wrong_key)
    return trouble<std::optional<Descriptor>>(Trouble::key_changed,
                                              "its domain key changed without a signature of the one before", "DKEY-8");
  const bool later = succeeds && descriptor->body().seq > claim.home.body().seq;
  if (!later || !descriptor->check_time(claim.now)) return std::optional<Descriptor>{};
  return std::optional<Descriptor>{*descriptor};
}

identity::Time expiry(const identity::Verified& verified, const Descriptor& home) {
  const auto& statement = std::visit(
      [](const auto& one) -> const identity::Statement& {
        if constexpr (requires { one.statement().body(); })
          return one.statement();
        else
          return one.statement;
      },
      verified);
  return std::min(statement.body().expires, home.body().expires);
}

std::shared_ptr<RemoteResolution> ready(Resolution resolution, identity::Verified verified) {
  resolution.stale = false;
  return std::make_shared<RemoteResolution>(
      RemoteResolution{std::make_shared<const std::string>(resolution.json()), std::move(verified), {}, false});
}

}  // namespace

Outcome<Judged> judge(const Claim& claim, const std::string& body) {
  auto resolution = Resolution::parse(body);
  if (!resolution) return lie("the answer", resolution.error());
  auto newer = newer_descriptor(claim, resolution->domain);
  if (!newer) return tl::unexpected(newer.error());
  const auto& home = *newer ? **newer : claim.home;

  auto verified = identity::verify_resolution(*resolution, claim.about, home.keys(), claim.now);
  if (!verified) return lie("the answer", verified.error());
  const bool removed = is_removal(*verified);
  const auto seen = seen_in(claim.before);
  const auto continued = continues(seen, resolution->operations, removed);
  if (!continued) return tl::unexpected(continued.error());
  const bool same = seen.operations == resolution->operations && seen.removed == removed;

  const auto expires = expiry(*verified, home);
  resolution->domain = home.json();
  return Judged{ready(std::move(*resolution), std::move(*verified)), expires, std::move(*newer), !same};
}

Outcome<Judged> judge_stored(const Claim& claim) {
  auto resolution = Resolution::parse(claim.before.stored);
  if (!resolution) return lie("the stored answer", resolution.error());
  auto verified = identity::verify_resolution(*resolution, claim.about, claim.home.keys(), claim.now);
  if (!verified) return lie("the stored answer", verified.error());
  const auto expires = expiry(*verified, claim.home);
  resolution->domain = claim.home.json();
  return Judged{ready(std::move(*resolution), std::move(*verified)), expires, std::nullopt};
}

std::shared_ptr<RemoteResolution> mark_stale(const RemoteResolution& answer, identity::Time now) {
  auto stale = std::make_shared<RemoteResolution>(answer);
  auto resolution = Resolution::parse(*answer.json);  // our own text
  resolution->stale = true;
  stale->json = std::make_shared<const std::string>(resolution->json());
  stale->stale = true;
  stale->fresh_until = now;
  return stale;
}

}  // namespace pd::federation
