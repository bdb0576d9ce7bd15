#include "agent/call.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace pd::agent {

Call::Call(session::Caller::Parts parts, OnNotReached on_not_reached, OnOver on_over)
    : observer_(parts.shared.observer),
      executor_(parts.executor),
      on_not_reached_(std::move(on_not_reached)),
      on_over_(std::move(on_over)),
      caller_(watched(std::move(parts)), *this) {}

session::Caller::Parts Call::watched(session::Caller::Parts parts) {
  auto& shared = parts.shared;
  session::Channel::Shared ours{shared.history, *this, std::move(shared.clock), shared.allowance, shared.features};
  return {parts.executor, parts.workers, parts.people, std::move(ours), parts.reach, parts.callee, parts.first_retry};
}

void Call::start() {
  boost::asio::co_spawn(
      executor_, caller_.run(),
      [self = shared_from_this()](const std::exception_ptr& error, const session::Ended&) { self->over(error); });
}

void Call::stop(session::Farewell farewell) {
  if (!std::exchange(stopping_, true)) {
    caller_.stop(farewell);
  }
}

void Call::over(const std::exception_ptr& error) {
  std::optional<directory::Failure> failure;
  try {
    if (error) {
      std::rethrow_exception(error);
    }
  } catch (const directory::Failure& known) {
    failure = known;
  } catch (const std::exception& other) {
    failure.emplace(directory::Kind::failed, other.what());
  }
  on_over_(failure);
}

void Call::opened(const session::Channel& channel) {
  if (channel.has(session::chat().name)) {
    channel_ = &channel;
  }
  observer_.opened(channel);
}

void Call::received(const session::Channel& channel, const session::Message& message) {
  observer_.received(channel, message);
}

void Call::delivered(const session::Channel& channel, const std::vector<std::string>& ids) {
  observer_.delivered(channel, ids);
}

void Call::closed(const session::Channel& channel, const session::Ended& how) {
  observer_.closed(channel, how);
  channel_ = nullptr;
}

}  // namespace pd::agent
