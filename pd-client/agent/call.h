#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "directory/failure.h"
#include "session/caller.h"

namespace pd::agent {

// A Caller at work for the hub. Held by whoever wants it and by itself until it is over. One thread.
class Call final : public std::enable_shared_from_this<Call>, session::Caller::Watcher, session::Observer {
 public:
  // Why it is over: nothing, or what the Caller has thrown.
  using OnOver = std::function<void(const std::optional<directory::Failure>&)>;
  using OnNotReached = std::function<void(const std::string& why)>;

  // The observer of `parts` is told all that happens on the channels of this call.
  Call(session::Caller::Parts parts, OnNotReached on_not_reached, OnOver on_over);

  // Begins. `on_over` is called once, after which nothing is called any more.
  void start();
  void pump() { caller_.pump(); }
  bool waits() const { return caller_.waits(); }
  void hurry() { caller_.hurry(); }
  void probe() { caller_.probe(); }
  // A session that carries messages is open: from opened() to closed(), as the observer is told them.
  bool connected() const { return channel_ != nullptr; }
  bool runs(const session::Channel& channel) const { return channel_ == &channel; }
  // Called once or more.
  void stop(session::Farewell farewell);
  bool stopping() const { return stopping_; }

 private:
  void found(const directory::VerifiedPeer&) override {}
  void not_reached(const std::string& why) override { on_not_reached_(why); }
  void over(const std::exception_ptr& error);

  void opened(const session::Channel& channel) override;
  void received(const session::Channel& channel, const session::Message& message) override;
  void delivered(const session::Channel& channel, const std::vector<std::string>& ids) override;
  void closed(const session::Channel& channel, const session::Ended& how) override;

  session::Caller::Parts watched(session::Caller::Parts parts);

  session::Observer& observer_;
  boost::asio::any_io_executor executor_;
  OnNotReached on_not_reached_;
  OnOver on_over_;
  session::Caller caller_;
  const session::Channel* channel_ = nullptr;
  bool stopping_ = false;
};

}  // namespace pd::agent
