#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <tl/expected.hpp>

#include "federation/remote.h"
#include "federation/reply.h"

namespace pd::federation {

template <class T>
using Outcome = tl::expected<T, RemoteError>;

template <class T>
Outcome<T> trouble(Trouble kind, std::string detail, std::string rule = {}) {
  return tl::unexpected(RemoteError(kind, std::move(detail), std::move(rule)));
}

// Work that is done once however many wait for it (FED-13). Each piece of work has a key; whoever comes while it is
// under way waits for the same outcome. It does not stop when those who wait go away. On the thread of `executor`
// alone.
template <class T>
class Flights {
 public:
  using Work = std::function<awaitable<T>()>;

  Flights(boost::asio::any_io_executor executor, std::size_t most, std::size_t most_waiting)
      : executor_(std::move(executor)), most_(most), most_waiting_(most_waiting) {}

  // Joins the work of that key, or begins it with `work`. Too much of either: `busy`, at once.
  void join(const std::string& key, Reply<Outcome<T>> reply, Work work) {
    const auto found = waiting_.find(key);
    if (found != waiting_.end()) {
      if (found->second.size() >= most_waiting_) return reply.send(busy());
      found->second.push_back(std::move(reply));
      return;
    }
    if (waiting_.size() >= most_) return reply.send(busy());
    waiting_[key].push_back(std::move(reply));
    boost::asio::co_spawn(executor_, run(key, std::move(work)), boost::asio::detached);
  }

  // The same for a coroutine of the same thread. Throws RemoteError.
  awaitable<T> join(std::string key, Work work) {
    auto outcome = co_await await_reply<Outcome<T>>(
        ended(), [this, &key, &work](Reply<Outcome<T>> reply) { join(key, std::move(reply), std::move(work)); });
    if (!outcome) throw RemoteError(outcome.error());
    co_return std::move(*outcome);
  }

  // Everybody who waits gets `unreachable` now.
  void abandon() { waiting_.clear(); }

  std::size_t size() const { return waiting_.size(); }

  static Outcome<T> ended() { return trouble<T>(Trouble::unreachable, "this server is shutting down"); }

 private:
  static Outcome<T> busy() { return trouble<T>(Trouble::busy, "too many requests are under way"); }

  awaitable<void> run(std::string key, Work work) {
    Outcome<T> outcome = ended();
    try {
      outcome = co_await work();
    } catch (const RemoteError& error) {
      outcome = tl::unexpected(error);
    } catch (const std::exception& error) {
      outcome = trouble<T>(Trouble::unreachable, error.what());
    }
    auto node = waiting_.extract(key);
    if (node.empty()) co_return;
    for (auto& reply : node.mapped())
      reply.send(outcome);
  }

  boost::asio::any_io_executor executor_;
  const std::size_t most_;
  const std::size_t most_waiting_;
  std::unordered_map<std::string, std::vector<Reply<Outcome<T>>>> waiting_;
};

}  // namespace pd::federation
