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
    Place(Admission* owner, std::string key) : owner_(owner), key_(std::move(key)) {}
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), key_(std::move(other.key_)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(owner_, other.owner_);
      key_.swap(other.key_);
      return *this;
    }
    ~Place() {
      if (owner_ != nullptr) owner_->leave(key_);
    }
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    Admission* owner_ = nullptr;
    std::string key_;
  };

  explicit Admission(const Limits& limits) : limits_(limits) {}

  // An empty place means no; `why` is then one of refusal.h.
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
