#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "directory/peer.h"
#include "identity/key.h"

namespace pd::connect {

// How a link has come about.
struct Path {
  std::string name;                // for people: "hole punched"
  std::chrono::milliseconds time;  // since it was tried, until the link was authenticated
};

// A proven, ordered, encrypted stream of bytes to a device of somebody whose identity was verified. However it came
// about (dialled, accepted, over TCP or in another way), what is above sees only this.
//
// Used from the thread of its io_context alone. One read and one write may be under way at the same time.
class Link {
 public:
  virtual ~Link() = default;

  // Who is at the other end, and with which of their device keys.
  virtual const directory::VerifiedPeer& peer() const = 0;
  virtual const identity::PublicKey& device() const = 0;
  // For people: "198.51.100.4:4433".
  virtual std::string where() const = 0;
  // Nothing where the other side has dialled.
  virtual std::optional<Path> path() const { return {}; }

  // Reads at least one byte into `buffer`, which is not empty; 0 when the other side has ended the stream. Throws
  // boost::system::system_error when the link is lost or closed.
  virtual boost::asio::awaitable<std::size_t> read(std::span<char> buffer) = 0;
  // Writes all of `bytes`, which must stay where they are until it is done. Throws as read() does.
  virtual boost::asio::awaitable<void> write(std::string_view bytes) = 0;

  // Ends it at once. What was under way fails with operation_aborted.
  virtual void close() noexcept = 0;
};

}  // namespace pd::connect
