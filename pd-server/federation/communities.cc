#include "federation/communities.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "federation/family.h"
#include "federation/url.h"

namespace pd::federation {

namespace asio = boost::asio;

void Communities::watch(const std::vector<CommunityRule>& rules) {
  ++generation_;
  unsettled_ = rules.size();
  std::map<Name, List> kept;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& rule : rules) {
      const Name name{rule.url, rule.key_id};
      if (const auto found = lists_.find(name); found != lists_.end()) kept.insert(*found);
    }
    lists_.swap(kept);
  }
  for (const auto& rule : rules)
    asio::co_spawn(parts_.context, keep({rule.url, rule.key_id}, generation_), asio::detached);
  if (unsettled_ == 0) abandon();
}

Communities::List Communities::list_of(const Name& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = lists_.find(name);
  return found != lists_.end() ? found->second : nullptr;
}

bool Communities::contains(const CommunityRule& rule, const identity::Domain& domain) const {
  const auto list = list_of({rule.url, rule.key_id});
  return list != nullptr && list->check_time(parts_.clock()) && list->contains(domain);
}

awaitable<void> Communities::settled() {
  if (unsettled_ == 0) co_return;
  co_await await_reply<bool>(false, [this](Reply<bool> reply) { waiting_.push_back(std::move(reply)); });
}

void Communities::settle() {
  if (--unsettled_ == 0) abandon();
}

bool Communities::accept(const Name& name, List list) {
  const std::lock_guard lock(mutex_);
  auto& place = lists_[name];
  if (place != nullptr && list->body().seq < place->body().seq) return false;
  place = std::move(list);
  return true;
}

// One list, for as long as the policy names it.
awaitable<void> Communities::keep(Name name, std::uint64_t generation) {
  co_await load(name);
  for (bool first = true; generation == generation_; first = false) {
    const bool good = co_await fetch(name);
    if (generation != generation_) co_return;
    if (first) settle();
    asio::steady_timer timer(parts_.context, good ? parts_.refresh : parts_.retry);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

awaitable<void> Communities::load(Name name) {
  if (list_of(name) != nullptr) co_return;
  try {
    const auto stored = co_await parts_.keeper.list(name.first);
    if (!stored) co_return;
    auto list = CommunityList::parse(*stored, parse_url(name.first)->host, name.second);
    if (list) accept(name, std::make_shared<const CommunityList>(std::move(*list)));
  } catch (const RemoteError&) {
    // The keeper has said it; the list that is fetched next counts as the first.
  }
}

// True when the list is in force now, be it the one that was there before.
awaitable<bool> Communities::fetch(Name name) {
  const auto url = parse_url(name.first);  // the policy has read it once
  std::string failure;
  try {
    const auto deadline = Steady::now() + parts_.timeout;
    const Where where{url->host.text(), url->port, url->host.text(), parts_.any_address(url->host)};
    Ask ask{url->authority(), url->target, {}, max_community_bytes, deadline, std::string(family_of(url->host.text()))};
    const auto answer = co_await parts_.client.get(where, std::move(ask), deadline);
    if (answer.status != 200) throw RemoteError(Trouble::unreachable, "it answers " + std::to_string(answer.status));

    auto list = CommunityList::parse(answer.body, url->host, name.second);
    if (!list) throw RemoteError(Trouble::lying, "its list", list.error());
    if (const auto good = list->check_time(parts_.clock()); !good)
      throw RemoteError(Trouble::lying, "its list", good.error());
    const auto text = list->text();
    if (!accept(name, std::make_shared<const CommunityList>(std::move(*list))))
      throw RemoteError(Trouble::lying, "it is older than one seen before");
    co_await parts_.keeper.put_list(name.first, text);
    co_return true;
  } catch (const RemoteError& error) {
    failure = error.what();
  }
  parts_.log.warning("remote.community_failed", {{"url", name.first}, {"why", failure}});
  co_return false;
}

}  // namespace pd::federation
