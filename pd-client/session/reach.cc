#include "session/reach.h"

#include <chrono>
#include <utility>

#include "connect/dial.h"
#include "connect/link_over_path.h"

namespace pd::session {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds endpoints_time{60'000};

}  // namespace

PublishedEndpoints::PublishedEndpoints(Workers& workers, People& people,
                                       std::shared_ptr<const connect::Credentials> self, OnDropped on_dropped,
                                       connect::Limits limits)
    : workers_(workers), people_(people), self_(std::move(self)), on_dropped_(std::move(on_dropped)), limits_(limits) {}

asio::awaitable<connect::Outcome<Reached>> PublishedEndpoints::link_to(directory::VerifiedPeer peer) {
  // What a worker runs may outlive this object, when an exception unwinds past it.
  std::function<Whereabouts()> ask = [&people = people_, peer] { return people.endpoints(peer); };
  const Whereabouts where = co_await workers_.run(std::move(ask), endpoints_time);
  if (!where.dropped.empty()) {
    on_dropped_(peer.address(), where.dropped);
  }
  if (where.endpoints.empty()) {
    co_return connect::no_link(connect::Cause::unreachable,
                               where.dropped.empty() ? "they publish no address" : where.dropped);
  }
  const auto begun = std::chrono::steady_clock::now();
  auto link = co_await connect::dial(self_, std::move(peer), where.endpoints, limits_);
  if (!link) {
    auto failure = std::move(link.error());
    failure.ways.push_back({"published endpoint", failure.message});
    co_return tl::unexpected(std::move(failure));
  }
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  auto known = std::make_unique<connect::LinkOverPath>(*std::move(link), connect::Path{"published endpoint", time});
  co_return Reached{std::move(known), Way::endpoint};
}

asio::awaitable<connect::Outcome<Reached>> WithFallback::link_to(directory::VerifiedPeer peer) {
  auto reached = co_await first_.link_to(peer);
  if (reached || reached.error().cause == connect::Cause::wrong_key) {
    co_return reached;
  }
  on_fallback_(reached.error().text());
  const auto tried = std::move(reached.error().ways);
  auto instead = co_await fallback_.link_to(std::move(peer));
  if (!instead) {
    instead.error().ways.insert(instead.error().ways.begin(), tried.begin(), tried.end());
  }
  co_return instead;
}

}  // namespace pd::session
