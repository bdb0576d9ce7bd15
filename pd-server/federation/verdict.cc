#include "federation/verdict.h"

#include <algorithm>

namespace pd::federation {
namespace {

using identity::Descriptor;
using identity::Resolution;
using identity::VerifiedIdentity;

tl::unexpected<RemoteError> lie(const std::string& what, const identity::Error& error) {
  return tl::unexpected(RemoteError(Trouble::lying, what, error));
}

// The operations seen before, in order; empty for a name that was not seen.
std::vector<std::string> operations_of(const Before& before) {
  std::vector<std::string> operations;
  if (before.cached) {
    if (const auto* seen = std::get_if<VerifiedIdentity>(&before.cached->answer->verified)) {
      for (const auto& operation : seen->history().operations())
        operations.push_back(operation.text());
      return operations;
    }
  }
  if (before.stored.empty()) return operations;
  if (auto stored = Resolution::parse(before.stored)) operations = std::move(stored->operations);
  return operations;
}

// FED-12: a history only grows. Whoever was seen is never nobody again, and what was seen stays, in its order.
Outcome<void> continues(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  if (before.empty()) return {};
  if (now.empty()) return trouble<void>(Trouble::lying, "it denies a name that it vouched for before", "FED-12");
  const bool prefix = before.size() <= now.size() && std::equal(before.begin(), before.end(), now.begin());
  if (!prefix)
    return trouble<void>(Trouble::lying, "its history does not continue the one that was seen before", "FED-12");
  return {};
}

// The descriptor in the answer, where it is later than the one we have. It must come from the same keys in any case.
Outcome<std::optional<Descriptor>> newer_descriptor(const Question& question, const identity::Json& sent) {
  const auto descriptor = Descriptor::from_json(question.about.domain(), sent);
  if (!descriptor) return lie("the descriptor in the answer", descriptor.error());
  const bool ours = question.home.keys().extends(descriptor->keys());
  if (!ours && !descriptor->keys().extends(question.home.keys()))
    return trouble<std::optional<Descriptor>>(Trouble::key_changed,
                                              "its domain key changed without a signature of the one before", "DKEY-8");
  const bool later = descriptor->body().seq > question.home.body().seq && descriptor->check_succeeds(question.home);
  if (!later || !descriptor->check_time(question.now)) return std::optional<Descriptor>{};
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

Outcome<Judged> judge(const Question& question, const std::string& body) {
  auto resolution = Resolution::parse(body);
  if (!resolution) return lie("the answer", resolution.error());
  auto newer = newer_descriptor(question, resolution->domain);
  if (!newer) return tl::unexpected(newer.error());
  const auto& home = *newer ? **newer : question.home;

  auto verified = identity::verify_resolution(*resolution, question.about, home.keys(), question.now);
  if (!verified) return lie("the answer", verified.error());
  if (const auto grown = continues(operations_of(question.before), resolution->operations); !grown)
    return tl::unexpected(grown.error());

  const auto expires = expiry(*verified, home);
  resolution->domain = home.json();
  return Judged{ready(std::move(*resolution), std::move(*verified)), expires, std::move(*newer)};
}

Outcome<Judged> judge_stored(const Question& question) {
  auto resolution = Resolution::parse(question.before.stored);
  if (!resolution) return lie("the stored answer", resolution.error());
  auto verified = identity::verify_resolution(*resolution, question.about, question.home.keys(), question.now);
  if (!verified) return lie("the stored answer", verified.error());
  const auto expires = expiry(*verified, question.home);
  resolution->domain = question.home.json();
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
