#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <vector>

#include "directory/contact_policy.h"
#include "directory/database.h"
#include "directory/failure.h"
#include "directory/peer.h"
#include "identity/address.h"
#include "identity/key.h"

namespace pd::directory {

// A stranger who asked to talk to the owner (CON-6). All of it was verified.
struct ContactRequest {
  identity::Address address;
  identity::PublicKey identity_key;  // in force when they asked last
  bool confirmed;                    // their domain's key was seen at the domain itself
  identity::Time first_asked;
  identity::Time last_asked;
  std::int64_t times;
};

// Whom the owner lets in: the part of contacts.db that the owner writes (schema/spec/contacts.md). Durable after each
// call. Any thread; several processes may share the file. Throws Failure.
class Contacts {
 public:
  explicit Contacts(const std::filesystem::path& file);

  ContactPolicy policy() const;
  void set_policy(ContactPolicy policy);

  Decision decision(const identity::Address& address, identity::Time now) const;
  // What is decided takes the place of what was before, and ends a request (CON-8); none takes it back. Returns what
  // was decided before, or none.
  Decision decide(const identity::Address& address, Decision decision, identity::Time now);
  std::vector<identity::Address> blocked() const;  // in the order of their addresses

  enum class Asked {
    new_request,
    repeated,
    ignored,  // over the bounds of CON-7
  };
  // Somebody whom the verdict `ask` is about has called: keeps the request.
  Asked ask(const VerifiedPeer& peer, identity::Time now);
  std::vector<ContactRequest> requests(identity::Time now) const;  // the oldest first
  bool has_request(const identity::Address& address, identity::Time now) const;

 private:
  bool room_for(const identity::Domain& domain, identity::Time now) const;

  mutable std::mutex mutex_;
  mutable Database database_;  // guarded by mutex_
};

}  // namespace pd::directory
