#include "federation/discovery.h"

#include <algorithm>

#include "federation/family.h"
#include "federation/freshness.h"

namespace pd::federation {
namespace {

using identity::Descriptor;
using identity::Domain;
using identity::Seconds;

constexpr std::size_t max_homes = 10'000;
constexpr std::size_t max_flights = 1'024;
constexpr std::size_t max_waiting = 1'024;  // for one domain
constexpr std::size_t max_descriptor_body = 128 * 1024;
constexpr std::size_t max_service_targets = 3;
constexpr Seconds look_again{10};     // not more often than this, whoever asks
constexpr Seconds retry_refresh{30};  // after a refresh that failed
constexpr Seconds default_refresh{3600};
constexpr Seconds longest_refresh{3600};
constexpr Seconds shortest_refresh{10};
constexpr Seconds report_every{600};

bool is_descriptor(const Answer& answer) {
  return answer.status == 200 && answer.content_type == "application/json";
}

}  // namespace

Discovery::Discovery(DiscoveryParts parts)
    : parts_(std::move(parts)),
      flights_(parts_.context.get_executor(), max_flights, max_waiting),
      changed_keys_(parts_.metrics.counter("pd_remote_key_changes", "Domain keys that changed without a signature.")) {}

std::shared_ptr<const Home> Discovery::remembered(const Domain& domain) const {
  const std::lock_guard lock(mutex_);
  const auto* found = homes_.find(domain.text());
  return found != nullptr ? *found : nullptr;
}

void Discovery::remember(std::shared_ptr<const Home> home) {
  const std::lock_guard lock(mutex_);
  const auto& name = home->descriptor.body().domain.text();
  if (homes_.find(name) == nullptr && homes_.size() >= max_homes) homes_.erase_oldest();
  homes_.put(name, home);
}

void Discovery::forget() {
  const std::lock_guard lock(mutex_);
  homes_.clear();
}

std::shared_ptr<const Home> Discovery::known(const Domain& domain) const {
  auto home = remembered(domain);
  const auto now = parts_.clock();
  if (home == nullptr || now >= home->refresh || !home->descriptor.check_time(now)) return nullptr;
  return home;
}

awaitable<std::shared_ptr<const Home>> Discovery::find(Domain domain, bool again) {
  if (auto home = known(domain); home != nullptr) {
    if (!again || parts_.clock() < home->fetched + look_again) co_return home;
  }
  // A variable, because g++ 12 destroys a lambda twice that is written inside a co_await expression.
  Flights<std::shared_ptr<const Home>>::Work work = [this, domain] { return renew(domain); };
  co_return co_await flights_.join(domain.text(), std::move(work));
}

awaitable<std::optional<Descriptor>> Discovery::pinned(Domain domain) {
  if (const auto home = remembered(domain)) co_return home->descriptor;
  const auto stored = co_await parts_.keeper.domain(domain);
  if (!stored) co_return std::nullopt;
  auto descriptor = Descriptor::parse(domain, stored->descriptor);
  if (!descriptor) co_return std::nullopt;
  co_return std::move(*descriptor);
}

// Asks the domain; where that fails, the descriptor that we have does for a while, unless its key was changed.
awaitable<std::shared_ptr<const Home>> Discovery::renew(Domain domain) {
  const auto pin = co_await pinned(domain);
  std::optional<RemoteError> failure;
  try {
    const auto found = co_await look(domain);
    auto home = accept(domain, pin, found);
    remember(home);
    co_await store_descriptor(home);
    co_return home;
  } catch (const RemoteError& error) {
    failure = error;
  }
  const auto now = parts_.clock();
  if (failure->trouble() == Trouble::key_changed) report_changed_key(domain);
  if (failure->trouble() == Trouble::key_changed || !pin || !pin->check_time(now)) throw RemoteError(*failure);
  parts_.log.debug("remote.refresh_failed", {{"domain", domain.text()}, {"why", failure->what()}});
  const auto before = remembered(domain);
  auto home =
      before != nullptr ? std::make_shared<Home>(*before) : std::make_shared<Home>(*make_home(*pin, {}, retry_refresh));
  home->fetched = now;
  home->refresh = now + retry_refresh;
  remember(home);
  co_return home;
}

// FED-1, FED-2: port 443 of the domain; else where its SRV records point. An administrator's override ends the search.
awaitable<Discovery::Found> Discovery::look(Domain domain) {
  const auto now = Steady::now();
  const auto deadline = now + parts_.timeout;
  const Where direct{domain.text(), 443, domain.text(), parts_.any_address(domain)};
  std::optional<RemoteError> failure;
  try {
    auto answer = co_await well_known(domain, direct, deadline, now + parts_.timeout / 2);
    co_return Found{std::move(answer), std::nullopt};
  } catch (const RemoteError& error) {
    failure = error;
  }
  if (!parts_.client.overridden(domain.text(), 443)) {
    if (auto found = co_await look_for_service(domain, deadline)) co_return std::move(*found);
  }
  throw RemoteError(*failure);
}

awaitable<std::optional<Discovery::Found>> Discovery::look_for_service(Domain domain, Steady::time_point deadline) {
  const auto services = co_await parts_.resolver.services("_pd._tcp." + domain.text(), deadline);
  const auto count = std::min(services.targets.size(), max_service_targets);
  std::optional<RemoteError> failure;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& target = services.targets[i];
    const Where where{target.host, target.port, domain.text(), parts_.any_address(domain)};
    try {
      auto answer = co_await well_known(domain, where, deadline, deadline);
      co_return Found{std::move(answer), where};
    } catch (const RemoteError& error) {
      failure = error;
    }
  }
  if (failure) throw RemoteError(*failure);
  co_return std::nullopt;
}

awaitable<Answer> Discovery::well_known(Domain domain, Where where, Steady::time_point deadline,
                                        Steady::time_point connect_by) {
  Ask ask{domain.text(), "/.well-known/pd", {}, max_descriptor_body, deadline, std::string(family_of(domain.text()))};
  auto answer = co_await parts_.client.get(std::move(where), std::move(ask), connect_by);
  if (!is_descriptor(answer))
    throw RemoteError(Trouble::unreachable,
                      domain.text() + " answers " + std::to_string(answer.status) + " where its descriptor should be");
  co_return answer;
}

// FED-3: the descriptor is the domain's, in time, and continues the one that we have.
std::shared_ptr<const Home> Discovery::accept(const Domain& domain, const std::optional<Descriptor>& pin,
                                              const Found& found) {
  auto descriptor = Descriptor::parse(domain, found.answer.body);
  if (!descriptor) throw RemoteError(Trouble::lying, "its descriptor", descriptor.error());
  if (const auto good = descriptor->check_time(parts_.clock()); !good)
    throw RemoteError(Trouble::lying, "its descriptor", good.error());
  if (pin) {
    const auto good = descriptor->check_succeeds(*pin);
    const bool changed = !good && good.error().reason == identity::Reason::wrong_key;
    if (!good) throw RemoteError(changed ? Trouble::key_changed : Trouble::lying, "its descriptor", good.error());
  }
  const auto fresh = fresh_for(found.answer.cache_control, default_refresh, longest_refresh);
  return make_home(std::move(*descriptor), found.service, std::max(fresh, shortest_refresh));
}

// FED-5: an API at the domain itself is reached the way that the descriptor was.
std::shared_ptr<const Home> Discovery::make_home(Descriptor descriptor, const std::optional<Where>& service,
                                                 Seconds fresh) const {
  const auto& domain = descriptor.body().domain;
  auto api = parse_url(descriptor.body().api);
  if (!api) throw RemoteError(Trouble::lying, "the API in its descriptor", api.error());
  Where where{api->host.text(), api->port, api->host.text(), parts_.any_address(domain)};
  if (service && api->host == domain && api->port == 443) where = *service;
  const auto now = parts_.clock();
  return std::make_shared<const Home>(Home{std::move(descriptor), std::move(*api), std::move(where), now, now + fresh});
}

awaitable<void> Discovery::adopt(std::shared_ptr<const Home> home, Descriptor newer) {
  const auto domain = newer.body().domain;
  const auto current = remembered(domain);
  if (current != nullptr && current->descriptor.body().seq >= newer.body().seq) co_return;
  const bool moved = newer.body().api != home->descriptor.body().api;
  auto next = std::make_shared<Home>(moved ? *make_home(newer, std::nullopt, default_refresh) : *home);
  next->descriptor = std::move(newer);
  remember(next);
  co_await store_descriptor(next);
}

void Discovery::doubt(const Domain& domain) {
  const auto home = remembered(domain);
  const auto now = parts_.clock();
  if (home == nullptr || now < home->fetched + retry_refresh) return;
  auto doubted = std::make_shared<Home>(*home);
  doubted->refresh = now;
  remember(std::move(doubted));
}

awaitable<void> Discovery::store_descriptor(std::shared_ptr<const Home> home) {
  store::RemoteDomain value{home->descriptor.json().dump(), home->fetched};
  co_await parts_.keeper.put_domain(home->descriptor.body().domain, std::move(value));
}

void Discovery::report_changed_key(const Domain& domain) {
  changed_keys_.add();
  const auto now = parts_.clock();
  if (const auto* said = reported_.find(domain.text()); said != nullptr && now < *said + report_every) return;
  if (reported_.size() >= max_homes) reported_.erase_oldest();
  reported_.put(domain.text(), now);
  parts_.log.error(
      "remote.key_changed",
      {{"domain", domain.text()},
       {"what", "its domain key changed without a signature of the one before: nothing it says is believed"}});
}

}  // namespace pd::federation
