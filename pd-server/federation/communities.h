#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "federation/client.h"
#include "federation/community.h"
#include "federation/keeper.h"
#include "federation/policy.h"
#include "federation/reply.h"
#include "ops/clock.h"
#include "ops/log.h"

namespace pd::federation {

struct CommunitiesParts {
  boost::asio::io_context& context;
  Client& client;
  Keeper& keeper;
  ops::Log& log;
  ops::Clock clock;
  std::function<bool(const identity::Domain&)> any_address;
  std::chrono::milliseconds timeout;                         // one fetch
  std::chrono::milliseconds refresh{std::chrono::hours(1)};  // after a good one
  std::chrono::milliseconds retry{std::chrono::minutes(1)};  // after a bad one
};

// Keeps the lists of the communities that the policy names: from the store at first, then fetched, and again every
// hour. A list with a lower sequence than one seen before is refused; an expired one does not count. On the thread of
// `context`, except contains().
class Communities {
 public:
  explicit Communities(CommunitiesParts parts) : parts_(std::move(parts)) {}

  // These from now on. Lists that were there already stay.
  void watch(const std::vector<CommunityRule>& rules);

  // Any thread.
  bool contains(const CommunityRule& rule, const identity::Domain& domain) const;

  // Completes when every list that is watched has been asked for once, with or without success.
  awaitable<void> settled();

  void abandon() { waiting_.clear(); }

 private:
  using Name = std::pair<std::string, std::string>;  // URL, key id
  using List = std::shared_ptr<const CommunityList>;

  List list_of(const Name& name) const;
  // False when a later list is there already.
  bool accept(const Name& name, List list);
  awaitable<void> keep(Name name, std::uint64_t generation);
  awaitable<void> load(Name name);
  awaitable<bool> fetch(Name name);
  void settle();

  CommunitiesParts parts_;
  std::uint64_t generation_ = 0;  // of the watched rules: a coroutine of an earlier one ends
  std::size_t unsettled_ = 0;
  std::vector<Reply<bool>> waiting_;

  mutable std::mutex mutex_;
  std::map<Name, List> lists_;  // guarded by mutex_
};

}  // namespace pd::federation
