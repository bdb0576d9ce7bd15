#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "connect/limits.h"
#include "connect/link.h"
#include "connect/outcome.h"
#include "connect/tls_context.h"
#include "session/people.h"
#include "session/workers.h"

namespace pd::session {

// Which way a link has come about.
enum class Way {
  endpoint,    // we have dialled an endpoint that they publish
  call,        // they have answered our call
  their_call,  // they have called us meanwhile (CALL-16): they are the dialler of the session
};

struct Reached {
  std::unique_ptr<connect::Link> link;
  Way way;
};

// How a link to a person comes about. One thread.
class Reach {
 public:
  virtual ~Reach() = default;

  // A link to `peer`, whom the directory has just named; why there is none, otherwise, wrong_key being final. May be
  // called for several people at once. Can be cancelled. Throws directory::Failure: unreachable where another attempt
  // may help, any other kind where none will.
  virtual boost::asio::awaitable<connect::Outcome<Reached>> link_to(directory::VerifiedPeer peer) = 0;
};

// Dials the TCP endpoints that people publish.
class PublishedEndpoints final : public Reach {
 public:
  // Told that where somebody can be reached was said by somebody who is not believed; there may be more that is.
  using OnDropped = std::function<void(const identity::Address& callee, const std::string& what)>;

  // `workers` and `people` outlive it.
  PublishedEndpoints(Workers& workers, People& people, std::shared_ptr<const connect::Credentials> self,
                     OnDropped on_dropped, connect::Limits limits = {});

  boost::asio::awaitable<connect::Outcome<Reached>> link_to(directory::VerifiedPeer peer) override;

 private:
  Workers& workers_;
  People& people_;
  std::shared_ptr<const connect::Credentials> self_;
  OnDropped on_dropped_;
  connect::Limits limits_;
};

// One way, and where that leads nowhere another. Whoever is reached with a wrong key is not tried again.
class WithFallback final : public Reach {
 public:
  // Told why the first way has led nowhere, before the other is tried.
  using OnFallback = std::function<void(const std::string& why)>;

  // Both outlive it.
  WithFallback(
      Reach& first, Reach& fallback, OnFallback on_fallback = [](const std::string&) {})
      : first_(first), fallback_(fallback), on_fallback_(std::move(on_fallback)) {}

  boost::asio::awaitable<connect::Outcome<Reached>> link_to(directory::VerifiedPeer peer) override;

 private:
  Reach& first_;
  Reach& fallback_;
  OnFallback on_fallback_;
};

}  // namespace pd::session
