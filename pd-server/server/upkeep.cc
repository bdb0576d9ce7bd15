#include "server/upkeep.h"

#include <chrono>
#include <optional>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pd::server {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::seconds interval{1};
constexpr int every_minute = 60;  // intervals

awaitable<void> refresh_if_due(service::Home& home, service::Directory& directory, ops::Log& log) {
  const bool due = co_await home.due();
  if (!due) co_return;
  co_await home.refresh();
  directory.changed_all();  // every answer carries the descriptor
  log.info("descriptor signed", {{"seq", std::to_string(home.snapshot()->descriptor.body().seq)},
                                 {"key", home.snapshot()->key.public_key().id()}});
}

}  // namespace

awaitable<void> keep_up(service::Home& home, service::Directory& directory, service::Mailboxes& mailboxes,
                        store::Store& store, ops::Log& log) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  std::optional<std::uint64_t> seen;
  bool failing = false;
  for (int round = 0;; ++round) {
    const auto changes = store.outside_changes();
    if (seen != changes || failing || round % every_minute == 0) {
      try {
        co_await refresh_if_due(home, directory, log);
        failing = false;
        seen = changes;
      } catch (const std::exception& error) {
        if (!failing) log.error("the descriptor cannot be signed", {{"cause", error.what()}});
        failing = true;
      }
    }
    mailboxes.sweep();
    timer.expires_after(interval);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace pd::server
