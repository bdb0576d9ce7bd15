#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "identity/address.h"
#include "identity/descriptor.h"
#include "identity/resolution.h"
#include "identity/result.h"

namespace pd::federation {

using boost::asio::awaitable;

// Why another domain gave no answer.
enum class Trouble {
  refused_by_policy,  // our policy does not let us ask that domain
  refused_by_remote,  // theirs does not let us
  unreachable,        // down, too slow, or its breaker is open
  busy,               // we have no room for its answer now, whatever it would be
  forbidden_address,  // its name leads to an address that no name may lead to
  lying,              // it answered, and the answer did not verify
  key_changed,        // its domain key changed without a signature of the one before
};

// what() is for the log; whoever asked learns the trouble and the rule of schema/spec that the domain broke (PROB-3).
// Copied to everybody who waits, on other threads: it owns its text, where std::runtime_error would share it between
// the copies in a way that ThreadSanitizer cannot follow.
class RemoteError : public std::exception {
 public:
  RemoteError(Trouble trouble, std::string detail, std::string rule = {})
      : trouble_(trouble), detail_(std::move(detail)), rule_(std::move(rule)) {}
  RemoteError(Trouble trouble, const std::string& what, const identity::Error& error)
      : RemoteError(trouble, what + ": " + error.message + (error.rule.empty() ? "" : " (" + error.rule + ")"),
                    error.rule) {}
  const char* what() const noexcept override { return detail_.c_str(); }
  Trouble trouble() const { return trouble_; }
  const std::string& rule() const { return rule_; }  // empty: none of them

 private:
  Trouble trouble_;
  std::string detail_;
  std::string rule_;
};

// A verified answer, ready to be sent on.
struct RemoteResolution {
  std::shared_ptr<const std::string> json;  // identity::Resolution::json(), with "domain", and "stale" when it is
  identity::Verified verified;
  identity::Time fresh_until;  // when it will be asked for again; Cache-Control comes from it
  bool stale = false;
};

// What another domain said to signals for one of its people.
struct Relayed {
  bool taken;
  std::string problem{};  // if not: the name of the problem, one of those of SGN-24
  std::optional<identity::Seconds> retry_after{};
};

// Everything about other domains. Safe from any thread.
class Remote {
 public:
  virtual ~Remote() = default;

  // Who is `address`, of another domain? From cache while fresh, else asked for (one request in flight an address),
  // else stale until its statement ends. Everything returned has been verified. Throws RemoteError.
  virtual awaitable<std::shared_ptr<const RemoteResolution>> resolve(identity::Address address) = 0;

  // The same from what is kept, fresh or not, as long as its statement lasts. Nobody is asked, so that nobody learns of
  // the question (FED-20). Throws RemoteError; unreachable when there is nothing.
  virtual awaitable<std::shared_ptr<const RemoteResolution>> kept(identity::Address address) = 0;

  // The verified descriptor of a domain that asks us or that we ask; cached and pinned. `key_id` is the key that signed
  // its request, or empty: where that is not the key in force as far as we know, the domain may have handed over to a
  // new one, so it is looked at again first (at most every ten seconds a domain). Throws RemoteError.
  virtual awaitable<identity::Descriptor> descriptor(identity::Domain domain, std::string key_id) = 0;

  // Sends the body of a POST /v1/signals on to the domain that it is for, signed as ours. Throws RemoteError.
  virtual awaitable<Relayed> relay(identity::Domain domain, std::string body) = 0;

  // May that domain ask us? (The policy, in the other direction.)
  virtual bool admits(const identity::Domain& domain) const = 0;
};

}  // namespace pd::federation
