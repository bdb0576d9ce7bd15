#include "federation/keeper.h"

#include <utility>

#include <boost/asio/system_executor.hpp>

namespace pd::federation {

template <class T>
awaitable<T> Keeper::ask(awaitable<T> question) {
  const Outcome<T> failed = trouble<T>(Trouble::unreachable, "this server's database fails");
  auto outcome = co_await await_reply<Outcome<T>>(failed, [this, &question](Reply<Outcome<T>> reply) {
    boost::asio::co_spawn(boost::asio::system_executor(),
                          pass_on(std::make_unique<UnderWay>(*this), std::move(question), std::move(reply)),
                          boost::asio::detached);
  });
  if (!outcome) throw RemoteError(outcome.error());
  co_return std::move(*outcome);
}

template <class T>
awaitable<void> Keeper::pass_on(std::unique_ptr<UnderWay> counted, awaitable<T> question, Reply<Outcome<T>> reply) {
  const auto ends_last = std::move(counted);
  {
    auto waiting = std::move(reply);  // answered when this scope ends, at the latest
    try {
      auto result = co_await std::move(question);
      waiting.send(std::move(result));
    } catch (const std::exception& failure) {
      log_.error("remote.store_failed", {{"why", failure.what()}});
    } catch (...) {
      log_.error("remote.store_failed", {{"why", "unknown"}});
    }
  }
}

Keeper::UnderWay::UnderWay(Keeper& of) : keeper(of) {
  const std::lock_guard lock(keeper.mutex_);
  ++keeper.under_way_;
}

Keeper::UnderWay::~UnderWay() {
  const std::lock_guard lock(keeper.mutex_);
  if (--keeper.under_way_ == 0) keeper.idle_.notify_all();
}

void Keeper::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return under_way_ == 0; });
}

awaitable<bool> Keeper::done(awaitable<void> writing) {
  co_await std::move(writing);
  co_return true;
}

awaitable<void> Keeper::write(awaitable<void> writing) {
  try {
    co_await ask(done(std::move(writing)));
  } catch (const RemoteError&) {
    // It is in the log.
  }
}

awaitable<std::optional<store::RemoteDomain>> Keeper::domain(identity::Domain domain) {
  return ask(store_.remote_domain(std::move(domain)));
}

awaitable<std::optional<store::RemoteAnswer>> Keeper::answer(identity::Address address) {
  return ask(store_.remote_answer(std::move(address)));
}

awaitable<std::optional<std::string>> Keeper::list(std::string url) {
  return ask(store_.remote_list(std::move(url)));
}

awaitable<void> Keeper::put_domain(identity::Domain domain, store::RemoteDomain value) {
  return write(store_.put_remote_domain(std::move(domain), std::move(value)));
}

awaitable<void> Keeper::put_answer(identity::Address address, store::RemoteAnswer value) {
  return write(store_.put_remote_answer(std::move(address), std::move(value)));
}

awaitable<void> Keeper::put_list(std::string url, std::string jws) {
  return write(store_.put_remote_list(std::move(url), std::move(jws)));
}

}  // namespace pd::federation
