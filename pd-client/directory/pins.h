#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "directory/database.h"
#include "directory/failure.h"
#include "directory/origin.h"
#include "identity/descriptor.h"
#include "identity/key.h"
#include "identity/resolution.h"

namespace pd::directory {

// What is remembered of a person.
struct ContactPin {
  identity::Address address;
  identity::Pin pin;
  identity::PublicKey identity_key;                 // in force when last seen
  std::optional<identity::PublicKey> verified_key;  // the one whose safety number was compared
  std::string name;                                 // given by the owner; may be empty
  identity::Time first_seen;
  identity::Time last_seen;
};

// What is remembered of a domain.
struct DomainPin {
  identity::Descriptor descriptor;
  bool confirmed;                        // seen at the domain itself, over HTTPS
  std::optional<ServiceTarget> service;  // where its server is, when not at port 443 of the domain
  identity::Time first_seen;
  identity::Time last_seen;
};

// contacts.db: an SQLite file, durable after each call. Any thread; several processes may share one. Throws Failure.
class Pins {
 public:
  // Makes the file or brings its schema up to date. Refuses one written by a newer pdctl.
  explicit Pins(const std::filesystem::path& file);

  std::optional<ContactPin> contact(const identity::Address& address) const;
  std::vector<ContactPin> contacts() const;  // in the order of their addresses

  // Remembers what was seen just now, in one step with identity::check_pin() against what was remembered: when that
  // fails nothing is written and its error is returned. Keeps name, verified key and first_seen of a contact that is
  // there.
  identity::Result<void> see(const identity::VerifiedIdentity& identity, identity::Time now);
  void mark_verified(const identity::Address& address, const identity::PublicKey& key);
  bool set_name(const identity::Address& address, const std::string& name);  // false: no such contact
  // Takes back that they were accepted, too (CON-8).
  bool forget(const identity::Address& address);  // false: no such contact

  std::optional<DomainPin> domain(const identity::Domain& domain) const;
  std::vector<DomainPin> domains() const;
  // Remembers what was seen just now, in one step with Descriptor::check_succeeds() against what was remembered: when
  // that fails nothing is written and its error is returned: wrong_key. An older descriptor is no failure and never
  // replaces a newer one (DESC-10). What was confirmed stays so. Returns what is remembered now.
  identity::Result<DomainPin> keep(const identity::Descriptor& descriptor, bool confirmed, identity::Time now);
  // Where the server of a domain that is kept is: at a service target, or at the domain.
  void set_service(const identity::Domain& domain, const std::optional<ServiceTarget>& service);
  bool forget(const identity::Domain& domain);

 private:
  mutable std::mutex mutex_;
  mutable Database database_;  // guarded by mutex_
};

}  // namespace pd::directory
