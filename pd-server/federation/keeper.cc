#include "federation/keeper.h"

#include <utility>

namespace pd::federation {
namespace {

class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

template <class T>
awaitable<T> Keeper::read(awaitable<T> question) {
  const Counted counted(under_way_);
  try {
    co_return co_await std::move(question);
  } catch (const store::Failure& failure) {
    failed(failure);
  }
  throw RemoteError(Trouble::unreachable, "this server's database fails");
}

awaitable<void> Keeper::write(awaitable<void> question) {
  const Counted counted(under_way_);
  try {
    co_await std::move(question);
  } catch (const store::Failure& failure) {
    failed(failure);
  }
}

void Keeper::failed(const store::Failure& failure) { log_.error("remote.store_failed", {{"why", failure.what()}}); }

awaitable<std::optional<store::RemoteDomain>> Keeper::domain(identity::Domain domain) {
  return read(store_.remote_domain(std::move(domain)));
}

awaitable<std::optional<store::RemoteAnswer>> Keeper::answer(identity::Address address) {
  return read(store_.remote_answer(std::move(address)));
}

awaitable<std::optional<std::string>> Keeper::list(std::string url) { return read(store_.remote_list(std::move(url))); }

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
