#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "federation/cache.h"
#include "federation/client.h"
#include "federation/communities.h"
#include "federation/discovery.h"
#include "federation/dns.h"
#include "federation/federation.h"
#include "federation/flights.h"
#include "federation/lookup.h"

namespace pd::federation {
namespace {

namespace asio = boost::asio;
using identity::Address;
using identity::Descriptor;
using identity::Domain;

constexpr std::size_t max_lookups = 20'000;  // addresses being asked for, queued ones too
constexpr std::size_t max_waiting = 1'024;   // for one address
constexpr std::chrono::seconds housekeeping{1};

class Composed final : public Federation {
 public:
  Composed(Settings settings, Parts parts);
  ~Composed() override { stop(); }

  awaitable<std::shared_ptr<const RemoteResolution>> resolve(Address address) override;
  awaitable<std::shared_ptr<const RemoteResolution>> kept(Address address) override;
  awaitable<Descriptor> descriptor(Domain domain, std::string key_id) override;
  awaitable<Relayed> relay(Domain domain, std::string body) override;
  bool admits(const Domain& domain) const override { return allows(Direction::answer, domain); }
  void set_policy(Policy policy) override;
  void stop() override;

 private:
  std::shared_ptr<const Policy> policy() const;
  bool allows(Direction direction, const Domain& domain) const;
  // Runs `job` on the thread of context_; destroys it unrun when everything is ending.
  template <class Job>
  void submit(Job job);
  void start_lookup(const Address& address, Reply<Outcome<Resolved>> reply);
  awaitable<Resolved> lookup(Address address);
  // Does `work` on the thread of context_, for a coroutine of another thread. Throws RemoteError.
  template <class T>
  awaitable<T> elsewhere(std::function<awaitable<T>()> work);
  template <class T>
  static awaitable<void> fulfil(std::function<awaitable<T>()> work, Reply<Outcome<T>> reply);
  awaitable<Relayed> allowed_relay(Domain domain, std::string body);
  awaitable<Resolved> allowed_kept(Address address);
  awaitable<void> require_allowed(Domain domain);
  awaitable<void> keep_house();
  void add_gauges();

  const Settings settings_;
  Parts parts_;

  mutable std::mutex policy_mutex_;
  std::shared_ptr<const Policy> policy_;  // guarded by policy_mutex_

  // What coroutines on `context_` refer to is declared before it is destroyed: stop() takes it down in the right order.
  std::unique_ptr<asio::io_context> context_ = std::make_unique<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(*context_);
  std::unique_ptr<asio::thread_pool> workers_;
  std::unique_ptr<Resolver> resolver_;
  std::shared_ptr<Cache> cache_;
  // As of the last second; the tables themselves belong to the thread.
  struct Figures {
    std::atomic<std::size_t> open_breakers{0};
    std::atomic<std::size_t> under_way{0};
  };
  std::shared_ptr<Figures> figures_ = std::make_shared<Figures>();
  std::unique_ptr<Client> client_;
  Keeper keeper_;
  Discovery discovery_;
  Communities communities_;
  Lookup lookup_;
  Flights<Resolved> flights_;
  ops::Counter& cached_;
  std::thread thread_;

  std::mutex submit_mutex_;
  bool stopping_ = false;  // guarded by submit_mutex_
};

std::unique_ptr<Client> make_client(asio::io_context& context, Resolver& resolver, const Settings& settings) {
  return std::make_unique<Client>(context, resolver,
                                  ClientSettings{settings.resolve, settings.ca_file, settings.connect_timeout});
}

Composed::Composed(Settings settings, Parts parts)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      policy_(std::make_shared<const Policy>(settings_.policy)),
      workers_(std::make_unique<asio::thread_pool>(std::max(settings_.workers, 1u))),
      resolver_(std::make_unique<Resolver>(DnsSettings{settings_.dns_servers})),
      cache_(std::make_shared<Cache>(settings_.cache_answers, settings_.cache_bytes)),
      client_(make_client(*context_, *resolver_, settings_)),
      keeper_(parts_.store, parts_.log),
      discovery_({*context_, *client_, *resolver_, keeper_, parts_.log, parts_.metrics, parts_.clock,
                  [this](const Domain& domain) { return policy()->allows_private(domain); }, settings_.timeout}),
      communities_({*context_, *client_, keeper_, parts_.log, parts_.clock,
                    [this](const Domain& domain) { return policy()->allows_private(domain); }, settings_.timeout}),
      lookup_({*workers_, *client_, discovery_, *cache_, keeper_, parts_.log, parts_.metrics, parts_.clock,
               settings_.own, parts_.domain_key, settings_.timeout}),
      flights_(context_->get_executor(), max_lookups, max_waiting),
      cached_(parts_.metrics.counter("pd_remote_answers", "Answers about other domains' names.", {{"from", "cache"}})) {
  add_gauges();
  communities_.watch(policy_->communities());
  asio::co_spawn(*context_, keep_house(), asio::detached);
  thread_ = std::thread([this] { context_->run(); });
}

// The figures may be asked for after this object is gone: they share what they read.
void Composed::add_gauges() {
  parts_.metrics.gauge("pd_remote_cache_entries", "Answers of other domains kept in memory.",
                       [cache = cache_] { return static_cast<double>(cache->entries()); });
  parts_.metrics.gauge("pd_remote_cache_bytes", "About how much memory they take.",
                       [cache = cache_] { return static_cast<double>(cache->bytes()); });
  parts_.metrics.gauge("pd_remote_breakers_open", "Domains that are not asked for a while, because they failed.",
                       [figures = figures_] { return static_cast<double>(figures->open_breakers); });
  parts_.metrics.gauge("pd_remote_under_way", "Questions to other domains under way.",
                       [figures = figures_] { return static_cast<double>(figures->under_way); });
}

std::shared_ptr<const Policy> Composed::policy() const {
  const std::lock_guard lock(policy_mutex_);
  return policy_;
}

bool Composed::allows(Direction direction, const Domain& domain) const {
  return policy()->allows(direction, domain, [this](const CommunityRule& community, const Domain& member) {
    return communities_.contains(community, member);
  });
}

void Composed::set_policy(Policy policy) {
  auto next = std::make_shared<const Policy>(std::move(policy));
  {
    const std::lock_guard lock(policy_mutex_);
    policy_ = next;
  }
  submit([this, next] { communities_.watch(next->communities()); });
}

template <class Job>
void Composed::submit(Job job) {
  const std::lock_guard lock(submit_mutex_);
  if (!stopping_) asio::post(*context_, std::move(job));
}

awaitable<std::shared_ptr<const RemoteResolution>> Composed::resolve(Address address) {
  if (allows(Direction::ask, address.domain())) {
    const auto known = cache_->find(address.text());
    if (known != nullptr && known->fresh(parts_.clock())) {
      cached_.add();
      co_return known->answer;
    }
  } else if (policy()->communities().empty()) {
    throw RemoteError(Trouble::refused_by_policy,
                      "the policy of this server does not let it ask " + address.domain().text());
  }
  auto outcome =
      co_await await_reply<Outcome<Resolved>>(flights_.ended(), [this, &address](Reply<Outcome<Resolved>> reply) {
        submit([this, address, reply = std::move(reply)]() mutable { start_lookup(address, std::move(reply)); });
      });
  if (!outcome) throw RemoteError(outcome.error());
  co_return std::move(*outcome);
}

void Composed::start_lookup(const Address& address, Reply<Outcome<Resolved>> reply) {
  // Somebody else's lookup may have ended while this one was on its way.
  const auto known = cache_->find(address.text());
  if (known != nullptr && known->fresh(parts_.clock()) && allows(Direction::ask, address.domain()))
    return reply.send(known->answer);
  flights_.join(address.text(), std::move(reply), [this, address] { return lookup(address); });
}

// A community's list that is still on its way may be what allows it: that is waited for.
awaitable<void> Composed::require_allowed(Domain domain) {
  if (allows(Direction::ask, domain)) co_return;
  co_await communities_.settled();
  if (!allows(Direction::ask, domain))
    throw RemoteError(Trouble::refused_by_policy, "the policy of this server does not let it ask " + domain.text());
}

awaitable<Resolved> Composed::lookup(Address address) {
  co_await require_allowed(address.domain());
  co_return co_await lookup_.ask(address);
}

awaitable<Resolved> Composed::kept(Address address) {
  const auto known = cache_->find(address.text());
  if (known != nullptr && known->fresh(parts_.clock()) && allows(Direction::ask, address.domain())) {
    cached_.add();
    co_return known->answer;
  }
  std::function<awaitable<Resolved>()> work = [this, address] { return allowed_kept(address); };
  co_return co_await elsewhere<Resolved>(std::move(work));
}

awaitable<Resolved> Composed::allowed_kept(Address address) {
  co_await require_allowed(address.domain());
  co_return co_await lookup_.kept(address);
}

awaitable<Relayed> Composed::relay(Domain domain, std::string body) {
  std::function<awaitable<Relayed>()> work = [this, domain, body] { return allowed_relay(domain, body); };
  co_return co_await elsewhere<Relayed>(std::move(work));
}

awaitable<Relayed> Composed::allowed_relay(Domain domain, std::string body) {
  co_await require_allowed(domain);
  co_return co_await lookup_.relay(domain, std::move(body));
}

awaitable<Descriptor> Composed::descriptor(Domain domain, std::string key_id) {
  if (!allows(Direction::ask, domain) && !allows(Direction::answer, domain))
    throw RemoteError(Trouble::refused_by_policy, "the policy of this server has no dealings with " + domain.text());
  const auto known = discovery_.known(domain);
  const bool again = known != nullptr && !key_id.empty() && known->descriptor.keys().current().id() != key_id;
  if (known != nullptr && !again) co_return known->descriptor;
  std::function<awaitable<Descriptor>()> work = [this, domain, again] { return lookup_.descriptor(domain, again); };
  co_return co_await elsewhere<Descriptor>(std::move(work));
}

template <class T>
awaitable<T> Composed::elsewhere(std::function<awaitable<T>()> work) {
  auto outcome = co_await await_reply<Outcome<T>>(Flights<T>::ended(), [this, &work](Reply<Outcome<T>> reply) {
    submit([this, work = std::move(work), reply = std::move(reply)]() mutable {
      asio::co_spawn(*context_, fulfil<T>(std::move(work), std::move(reply)), asio::detached);
    });
  });
  if (!outcome) throw RemoteError(outcome.error());
  co_return std::move(*outcome);
}

template <class T>
awaitable<void> Composed::fulfil(std::function<awaitable<T>()> work, Reply<Outcome<T>> reply) {
  auto outcome = Flights<T>::ended();
  try {
    outcome = co_await work();
  } catch (const RemoteError& error) {
    outcome = tl::unexpected(error);
  } catch (const std::exception& error) {
    outcome = trouble<T>(Trouble::unreachable, error.what());
  }
  reply.send(std::move(outcome));
}

// Closes idle connections, and drops what is in memory when somebody else may have changed the store.
awaitable<void> Composed::keep_house() {
  asio::steady_timer timer(*context_);
  for (auto seen = parts_.store.outside_changes();;) {
    timer.expires_after(housekeeping);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    client_->sweep(Steady::now());
    figures_->open_breakers = lookup_.open_breakers();
    figures_->under_way = lookup_.under_way();
    const auto now = parts_.store.outside_changes();
    if (now == seen) continue;
    seen = now;
    discovery_.forget();
    cache_->clear();
  }
}

// Those who wait on other executors are answered first; then the thread ends, and what it left behind is destroyed
// while all that it refers to still exists.
void Composed::stop() {
  {
    const std::lock_guard lock(submit_mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  asio::post(*context_, [this] {
    flights_.abandon();
    context_->stop();
  });
  thread_.join();
  keeper_.drain();
  flights_.abandon();
  discovery_.abandon();
  communities_.abandon();
  lookup_.abandon();
  resolver_.reset();
  workers_.reset();  // ends the work under way; what was queued is destroyed, and says so
  client_->close_idle();
  work_.reset();
  context_.reset();
}

}  // namespace

std::unique_ptr<Federation> make_federation(Settings settings, Parts parts) {
  return std::make_unique<Composed>(std::move(settings), std::move(parts));
}

}  // namespace pd::federation
