#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "http/engine.h"

namespace pd::http {

// Counts the connections that exist, in all and by peer. Any thread.
class Admission {
 public:
  // The right to be a connection; given back when destroyed. Must not outlive its Admission.
  class Place {
   public:
    Place() = default;
    Place(Admission* owner, std::string key, bool surplus) : owner_(owner), key_(std::move(key)), surplus_(surplus) {}
    Place(Place&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), key_(std::move(other.key_)), surplus_(other.surplus_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(owner_, other.owner_);
      key_.swap(other.key_);
      std::swap(surplus_, other.surplus_);
      return *this;
    }
    ~Place() {
      if (owner_ != nullptr) owner_->leave(key_);
    }
    explicit operator bool() const { return owner_ != nullptr; }
    // There are too many now: it may be kept only if another goes.
    bool surplus() const { return surplus_; }

   private:
    Admission* owner_ = nullptr;
    std::string key_;
    bool surplus_ = false;
  };

  explicit Admission(const Limits& limits) : limits_(limits) {}

  // How many there may be over the limit, until others have gone for them.
  static constexpr std::size_t most_surplus = 64;

  // An empty place means no; `why` is then one of refusal.h, and also for a place that is surplus.
  Place enter(const boost::asio::ip::address& peer, std::string_view& why);

  std::size_t count() const;

  // Waits until there are none, or for `grace`. True if there are none.
  bool wait_empty(std::chrono::milliseconds grace) const;

 private:
  void leave(const std::string& key);

  const Limits& limits_;
  mutable std::mutex mutex_;
  mutable std::condition_variable empty_;
  std::size_t total_ = 0;                               // guarded by mutex_
  std::unordered_map<std::string, std::size_t> peers_;  // guarded by mutex_
};

}  // namespace pd::http
