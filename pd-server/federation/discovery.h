#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "federation/client.h"
#include "federation/flights.h"
#include "federation/keeper.h"
#include "federation/lru.h"
#include "federation/url.h"
#include "ops/clock.h"
#include "ops/log.h"
#include "ops/metrics.h"

namespace pd::federation {

// What we know of another domain, and where its API is.
struct Home {
  identity::Descriptor descriptor;
  Url api;
  Where where;
  identity::Time fetched;
  identity::Time refresh;  // when to look again
};

struct DiscoveryParts {
  boost::asio::io_context& context;
  Client& client;
  Resolver& resolver;
  Keeper& keeper;
  ops::Log& log;
  ops::Metrics& metrics;
  ops::Clock clock;
  std::function<bool(const identity::Domain&)> any_address;  // the policy's `private` rules
  std::chrono::milliseconds timeout;                         // one discovery, all of it
};

// Finds domains (FED-1 … FED-5), and remembers their descriptors: in memory, and in the store, where they are pins.
// Everything runs on the thread of `context`, except known().
class Discovery {
 public:
  explicit Discovery(DiscoveryParts parts);

  // The descriptor as we have it, while it need not be looked at again; null otherwise. Any thread.
  std::shared_ptr<const Home> known(const identity::Domain& domain) const;

  // The same, or else asks the domain. One that does not answer but whose descriptor we have stays good until that
  // expires. With `again` it is asked unless that was done in the last ten seconds. Throws RemoteError.
  awaitable<std::shared_ptr<const Home>> find(identity::Domain domain, bool again = false);

  // The descriptor that we have of the domain, from memory or store, whatever its age; none when we never saw it.
  awaitable<std::optional<identity::Descriptor>> pinned(identity::Domain domain);

  // A later descriptor came with an answer of that domain and was found to continue `home`'s: it counts from now on.
  awaitable<void> adopt(std::shared_ptr<const Home> home, identity::Descriptor newer);

  // The API did not answer where the descriptor says it is: the next find() looks again, if the last time was a while
  // ago.
  void doubt(const identity::Domain& domain);

  // Says loudly that a domain's key changed unsigned; at most every ten minutes for one domain.
  void report_changed_key(const identity::Domain& domain);

  // Forgets what is in memory, because somebody may have changed the store.
  void forget();
  void abandon() { flights_.abandon(); }

 private:
  struct Found {
    Answer answer;
    std::optional<Where> service;  // the SRV target that answered
  };

  std::shared_ptr<const Home> remembered(const identity::Domain& domain) const;
  void remember(std::shared_ptr<const Home> home);
  awaitable<std::shared_ptr<const Home>> renew(identity::Domain domain);
  awaitable<Found> look(identity::Domain domain);
  // None where the domain has no SRV records; throws where none of its targets will do.
  awaitable<std::optional<Found>> look_for_service(identity::Domain domain, Steady::time_point deadline);
  awaitable<Answer> well_known(identity::Domain domain, Where where, Steady::time_point deadline,
                               Steady::time_point connect_by);
  std::shared_ptr<const Home> accept(const identity::Domain& domain, const std::optional<identity::Descriptor>& pin,
                                     const Found& found);
  std::shared_ptr<const Home> make_home(identity::Descriptor descriptor, const std::optional<Where>& service,
                                        identity::Seconds fresh) const;
  awaitable<void> store_descriptor(std::shared_ptr<const Home> home);

  DiscoveryParts parts_;
  Flights<std::shared_ptr<const Home>> flights_;
  ops::Counter& changed_keys_;
  Lru<identity::Time> reported_;  // domains whose key changed: when that was said

  mutable std::mutex mutex_;
  mutable Lru<std::shared_ptr<const Home>> homes_;  // guarded by mutex_
};

}  // namespace pd::federation
