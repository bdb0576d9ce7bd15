#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "federation/remote.h"
#include "ops/log.h"
#include "store/store.h"

namespace pd::federation {

// What the store remembers of other domains. It counts what is under way: a store hands each result to the executor that waits for
// it, so that executor must outlive the question. On one thread.
//
// Reading throws RemoteError (unreachable) when the database fails: without the pin, nothing may be believed. Writing only says so in
// the log: what could not be written is still in memory.
class Keeper {
 public:
  Keeper(store::Store& store, ops::Log& log) : store_(store), log_(log) {}

  awaitable<std::optional<store::RemoteDomain>> domain(identity::Domain domain);
  awaitable<std::optional<store::RemoteAnswer>> answer(identity::Address address);
  awaitable<std::optional<std::string>> list(std::string url);

  awaitable<void> put_domain(identity::Domain domain, store::RemoteDomain value);
  awaitable<void> put_answer(identity::Address address, store::RemoteAnswer value);
  awaitable<void> put_list(std::string url, std::string jws);

  // Questions that the store has not answered yet.
  std::size_t under_way() const { return under_way_; }

 private:
  template <class T>
  awaitable<T> read(awaitable<T> question);
  awaitable<void> write(awaitable<void> question);
  void failed(const store::Failure& failure);

  store::Store& store_;
  ops::Log& log_;
  std::size_t under_way_ = 0;
};

}  // namespace pd::federation
