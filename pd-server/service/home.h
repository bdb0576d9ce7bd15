#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "identity/descriptor.h"
#include "identity/key.h"
#include "identity/statement.h"
#include "ops/clock.h"
#include "service/answer.h"
#include "store/store.h"

namespace pd::service {

using boost::asio::awaitable;
using identity::Address;
using identity::Domain;

// Gives the private key of this domain: the one whose public half is given, or for a domain that has no key record yet
// (none is given) its first. Throws when it has no such key.
using KeySource = std::function<identity::PrivateKey(const identity::PublicKey* in_force)>;

// This domain: its keys, its descriptor, and what it signs. Any thread.
class Home {
 public:
  struct Settings {
    Domain domain;
    std::string api;  // "https://host[:port]"
    identity::RegistrationMode registration;
    identity::Seconds statement_life;
    identity::Seconds answer_fresh;
    std::vector<identity::StunServer> stun = {};
  };

  // What is in force at one time, all of it together; never changed once made.
  struct Snapshot {
    identity::PrivateKey key;
    identity::Descriptor descriptor;
    identity::Json descriptor_json;
    std::shared_ptr<const std::string> body;  // of /.well-known/pd
    std::string etag;
  };

  Home(Settings settings, KeySource key_source, store::Store& store, ops::Clock clock);

  // Reads the key and its records, and signs a new descriptor. A domain that has no record yet gets its first. Throws
  // store::Failure, or std::runtime_error when there is no such key or the records do not verify; then what was in
  // force remains. Must have worked once before anything else is called.
  awaitable<void> refresh();
  // True when refresh() would change something that matters: a domain key was added, or the descriptor is a day old.
  // Throws store::Failure.
  awaitable<bool> due();

  const Settings& settings() const { return settings_; }
  const Domain& domain() const { return settings_.domain; }
  identity::Time now() const { return clock_(); }
  std::shared_ptr<const Snapshot> snapshot() const;

  // Reads an address. Throws Refusal: malformed.
  static Address address(std::string_view text);
  // Throws Refusal, wrong_domain, unless the address is of this domain.
  void require_own(const Address& address) const;
  // Reads an address of this domain. Throws Refusal: malformed, wrong_domain.
  Address own_address(std::string_view text) const;

  // The signed answer about a name of this domain, as the store found it.
  AnswerPtr answer(const Address& address, const store::Lookup& found) const;

 private:
  std::shared_ptr<const Snapshot> signed_snapshot(const identity::DomainKeys& keys, identity::PrivateKey key,
                                                  std::uint64_t seq, identity::Time now) const;

  const Settings settings_;
  const KeySource key_source_;
  store::Store& store_;
  const ops::Clock clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_
};

}  // namespace pd::service
