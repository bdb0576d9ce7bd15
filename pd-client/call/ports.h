#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "connect/link.h"
#include "connect/outcome.h"
#include "directory/failure.h"
#include "directory/peer.h"
#include "punch/description.h"

// What calls need of the rest of the program.
namespace pd::call {

// Where signals are handed in: the owner's own server.
class Mailbox {
 public:
  virtual ~Mailbox() = default;
  // 1–8 signals to different devices of one person. Any thread; blocks the calling one. Throws directory::Failure.
  virtual void post(const std::vector<std::string>& signals) = 0;
};

using LinkOutcome = connect::Outcome<std::unique_ptr<connect::Link>>;

// Where this device is, as it was gathered for one call, with the sockets that belong to it.
class Place {
 public:
  virtual ~Place() = default;
  virtual const punch::Description& description() const = 0;
  // Looks for a path to the device of `peer` that sent `remote`, and proves who is at its end. Call it once; may be
  // cancelled (terminal), then throws operation_aborted.
  virtual boost::asio::awaitable<LinkOutcome> find_path(punch::Description remote, punch::Role role,
                                                        directory::VerifiedPeer peer) = 0;
};

class Paths {
 public:
  virtual ~Paths() = default;
  // Bounded in time; may be cancelled. Throws directory::Failure when this machine has no network at all.
  virtual boost::asio::awaitable<std::unique_ptr<Place>> gather() = 0;
};

}  // namespace pd::call
