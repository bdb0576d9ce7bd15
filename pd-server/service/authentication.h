#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "federation/remote.h"
#include "identity/http_signature.h"
#include "limit/table.h"
#include "service/challenge.h"
#include "service/directory.h"
#include "service/home.h"

namespace pd::service {

// The time that limits are counted by: any steady one.
using SteadyClock = std::function<limit::Nanos()>;

// Who asks, and how that is proven (request-signatures.md; API-13 and API-20 … API-24 of directory-api.md). Any thread.
class Authentication {
 public:
  struct Limits {
    limit::Rate account;
    limit::Rate domain;
    std::size_t keys;  // how many accounts, and how many domains, are counted at a time
  };

  Authentication(Home& home, Directory& directory, federation::Remote& remote, Challenges& challenges, Limits limits,
                 SteadyClock steady);

  // The signature of a request, read. Throws Refusal: unsigned_request, bad_request_signature.
  static identity::RequestSignature signature_of(const identity::HttpRequest& request);

  // `key` signed the request, for one of our live challenges, which is used up by this. Throws Refusal.
  void prove(const identity::RequestSignature& signature, const identity::PublicKey& key);

  // Counts a request against `account`, one of whose keys has proven that it made the request: never on a mere claim.
  // Throws Refusal: rate_limited.
  void charge(const Address& account);

  // The person that the header PD-Identity names, found in our directory or another's, whose key signed the request.
  // Throws Refusal, store::Failure, federation::RemoteError.
  struct Caller {
    Address address;
    Person person;
    identity::PublicKey key;
  };
  awaitable<Caller> caller(const identity::HttpRequest& request);

  // The address in that header, not proven yet. Throws Refusal: bad_request_signature, malformed.
  static Address claimed_caller(const identity::HttpRequest& request);

  // The domain that the header PD-Identity names, whose key signed the request and whom our policy admits.
  // Throws Refusal, federation::RemoteError.
  awaitable<Domain> asking_domain(const identity::HttpRequest& request);

 private:
  void count(limit::Table& table, const std::string& key);

  Home& home_;
  Directory& directory_;
  federation::Remote& remote_;
  Challenges& challenges_;
  limit::Table accounts_;
  limit::Table domains_;
  const SteadyClock steady_;
};

}  // namespace pd::service
