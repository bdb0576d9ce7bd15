#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "federation/breaker.h"
#include "federation/cache.h"
#include "federation/client.h"
#include "federation/discovery.h"
#include "federation/gate.h"
#include "federation/keeper.h"
#include "federation/verdict.h"

namespace pd::federation {

using Resolved = std::shared_ptr<const RemoteResolution>;

struct LookupParts {
  boost::asio::thread_pool& workers;
  Client& client;
  Discovery& discovery;
  Cache& cache;
  Keeper& keeper;
  ops::Log& log;
  ops::Metrics& metrics;
  ops::Clock clock;
  identity::Domain own;
  std::function<std::shared_ptr<const identity::PrivateKey>()> domain_key;
  std::chrono::milliseconds timeout;  // one request, all of it
};

// Asks other domains and judges what they say; all but the fast path of the cache. On one thread, with the verification
// on `workers`.
class Lookup {
 public:
  explicit Lookup(LookupParts parts);

  // Asks the home server of `address`; where that fails, what was verified before, marked stale, while its statement
  // lasts. Throws RemoteError.
  awaitable<Resolved> ask(identity::Address address);

  // Asks nobody: what was verified before, marked stale, while its statement lasts. Throws RemoteError.
  awaitable<Resolved> kept(identity::Address address);

  // Asks the domain for its descriptor, if the breaker lets it be asked; where that fails, the one we have does until
  // it expires. Throws RemoteError.
  awaitable<identity::Descriptor> descriptor(identity::Domain domain, bool again);

  // Sends signals to that domain (SGN-24). Throws RemoteError.
  awaitable<Relayed> relay(identity::Domain domain, std::string body);

  std::size_t open_breakers() const;
  std::size_t under_way() const { return gate_.inside(); }
  void abandon() {
    gate_.abandon();
    judging_.abandon();
  }

 private:
  awaitable<Before> before(identity::Address address);
  // Waits for its turn, asks the breaker, does `work` and tells the breaker how it went.
  template <class T>
  awaitable<T> guarded(identity::Domain domain, std::function<awaitable<T>()> work);
  awaitable<Resolved> fetch(identity::Address address, Before before);
  awaitable<Answer> request(identity::Address address, std::shared_ptr<const Home> home, std::string etag);
  awaitable<Relayed> hand_over(identity::Domain domain, std::string body);
  Ask signed_ask(const Home& home, const std::string& target, std::string body) const;
  Resolved revalidated(const identity::Address& address, const Before& before, const Answer& answer);
  awaitable<Resolved> accepted(identity::Address address, std::shared_ptr<const Home> home, Before before,
                               Answer answer);
  awaitable<Resolved> stale(identity::Address address, Before before);
  // The verdict of `how` about the claim, from `workers`, in turn.
  awaitable<Outcome<Judged>> verdict(Claim claim, std::function<Outcome<Judged>(const Claim&)> how);
  // When the store got it, now or before.
  awaitable<identity::Time> keep(identity::Address address, const Judged& judged, identity::Time kept);
  void note(const identity::Domain& domain, const RemoteError& error);

  LookupParts parts_;
  Breakers breakers_{BreakerRule{}};
  Gate gate_{GateRule{}};
  Gate judging_{GateRule{.a_domain = 2}};  // by family
  ops::Counter& fetched_;
  ops::Counter& revalidated_;
  ops::Counter& stale_;
  ops::Histogram& duration_;
};

}  // namespace pd::federation
