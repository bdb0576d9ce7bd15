#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "federation/flights.h"
#include "federation/remote.h"
#include "ops/log.h"
#include "store/store.h"

namespace pd::federation {

// What the store remembers of other domains, for coroutines whose executor may end before the store does. The store
// hands a result to the executor that waits for it and touches that executor afterwards; so here the system's executor
// waits, which ends with the process, and passes the result on. Any thread.
//
// Reading throws RemoteError (unreachable) when the database fails: without the pin, nothing may be believed. Writing
// only says so in the log: what could not be written is still in memory.
class Keeper {
 public:
  Keeper(store::Store& store, ops::Log& log) : store_(store), log_(log) {}

  awaitable<std::optional<store::RemoteDomain>> domain(identity::Domain domain);
  awaitable<std::optional<store::RemoteAnswer>> answer(identity::Address address);
  awaitable<std::optional<std::string>> list(std::string url);

  awaitable<void> put_domain(identity::Domain domain, store::RemoteDomain value);
  awaitable<void> put_answer(identity::Address address, store::RemoteAnswer value);
  awaitable<void> put_list(std::string url, std::string jws);

  // Blocks until the store has answered everything, and nobody's executor will be touched any more.
  void drain();

 private:
  // Counts as long as it lives, however its coroutine ends: drain() waits for it.
  struct UnderWay {
    explicit UnderWay(Keeper& of);
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay();
    Keeper& keeper;
  };

  template <class T>
  awaitable<T> ask(awaitable<T> question);
  template <class T>
  awaitable<void> pass_on(std::unique_ptr<UnderWay> counted, awaitable<T> question, Reply<Outcome<T>> reply);
  awaitable<bool> done(awaitable<void> writing);
  awaitable<void> write(awaitable<void> writing);

  store::Store& store_;
  ops::Log& log_;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t under_way_ = 0;  // guarded by mutex_
};

}  // namespace pd::federation
