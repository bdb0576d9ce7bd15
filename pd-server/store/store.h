#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "identity/address.h"
#include "identity/encoding.h"
#include "identity/statement.h"
#include "identity/time.h"

namespace pd::store {

using boost::asio::awaitable;
using identity::Address;
using identity::Domain;
using identity::Hash;
using identity::Head;
using identity::Time;

// A name of this domain and all that was accepted for it.
struct Record {
  Head head;
  std::vector<std::string> operations;  // in order of acceptance, undone ones too
};

enum class NameState {
  free,        // nobody ever had it
  taken,       // has a history (which may have ended)
  reserved,    // the administrator keeps it
  tombstoned,  // the administrator removed it; never handed out again
};

struct Lookup {
  NameState state = NameState::free;
  std::optional<Record> record;  // exactly when taken
};

// An operation that the rules allow, to be written down.
struct Append {
  Address address;
  std::string operation;  // the JWS
  Hash operation_hash;
  std::optional<Hash> expected_head;  // the head it was checked against; none for a create
  Head new_head;
  Time accepted;
  std::optional<std::string> invite;  // for a create: the code to spend
};

enum class AppendOutcome {
  done,
  repeated,  // this very operation is the newest already: it was acknowledged before, or is now
  conflict,  // the head is not expected_head any more: read again, check again
  name_taken,
  name_reserved,
  name_tombstoned,
  invite_unknown,  // or spent, or expired
};

struct Invite {
  std::string code;  // known only when it is made: the store keeps its SHA-256
  std::string id;    // first 8 hex digits of the hash
  std::uint32_t uses_left;
  Time created;
  Time expires;
  std::string note;
};

struct Endpoint {
  std::string device_id;
  std::string record;  // the JWS
  Time expires;
};

// What is remembered of another domain.
struct RemoteDomain {
  std::string descriptor;  // the JSON of /.well-known/pd, verified
  Time fetched;
};

// A verified answer of another domain.
struct RemoteAnswer {
  std::string resolution;  // the JSON
  Time fetched;
  Time expires;  // of its statement
};

struct UserSummary {
  Address address;
  NameState state;
  std::optional<Head> head;
  Time created;
};

// The contract between the rules and any database. One test suite (tests/store/) holds every backend to it.
//
// Durability: when an awaitable of a writing function completes, what it wrote survives the death of the process and of
// the machine. Writes from many coroutines share transactions. Ordering: writes to one address take effect in the order
// in which they complete; a read that begins after a write completed sees it. Operations have a global order, the order
// of their transaction. Every function may be called from any thread; the coroutine resumes on its own executor. Every
// function throws store::Failure when the database fails; nothing was written then, or the outcome is unknown and a
// repeated Append tells (`repeated`).
class Store {
 public:
  virtual ~Store() = default;

  // What there is of a name: its state, and everything that was accepted for it when it is taken.
  virtual awaitable<Lookup> find(Address address) = 0;
  // Writes the operation down and makes it the head, spending the invite in the same transaction; or changes nothing
  // and says why not. The rules are the caller's: here only the head is compared.
  virtual awaitable<AppendOutcome> append(Append append) = 0;

  // Replaces the record of the device, removes those that have expired by `now`, and keeps at most
  // identity::max_devices an address. Nothing happens when the name is not taken.
  virtual awaitable<void> put_endpoint(Address address, Endpoint endpoint, Time now) = 0;
  // Those that have not expired by `now`.
  virtual awaitable<std::vector<Endpoint>> endpoints(Address address, Time now) = 0;

  // What is remembered of other domains; each put replaces what was there. Bounded: the oldest goes first, and of
  // answers one domain has a sixteenth of the room, so that it pushes out its own (FED-18). A single answer above that
  // is not kept.
  virtual awaitable<std::optional<RemoteDomain>> remote_domain(Domain domain) = 0;
  virtual awaitable<void> put_remote_domain(Domain domain, RemoteDomain value) = 0;
  // An answer stays after it expired: its history is what a later one must continue.
  virtual awaitable<std::optional<RemoteAnswer>> remote_answer(Address address) = 0;
  virtual awaitable<void> put_remote_answer(Address address, RemoteAnswer value) = 0;
  // The list of domains that a community signed (schema/spec/trust-policy.md), by the URL it was fetched from: the JWS,
  // verified.
  virtual awaitable<std::optional<std::string>> remote_list(std::string url) = 0;
  virtual awaitable<void> put_remote_list(std::string url, std::string jws) = 0;

  // This domain's own key records, in order; and the sequence for its next descriptor, never the same twice, not even
  // after a crash.
  virtual awaitable<std::vector<std::string>> domain_key_records() = 0;
  // The list can grow, never change: anything else fails.
  virtual awaitable<void> put_domain_key_records(std::vector<std::string> records) = 0;
  virtual awaitable<std::uint64_t> next_descriptor_seq() = 0;

  // Administration.
  // The names after `after_local` in byte order, reserved and tombstoned ones too; at most 1,000.
  virtual awaitable<std::vector<UserSummary>> users(std::string after_local, std::uint32_t limit) = 0;
  // Removes a taken name: its operations are erased, the name is never handed out again. False: it was not taken; a
  // free name is reserved now.
  virtual awaitable<bool> tombstone(Address address, Time now) = 0;
  // Reserves a free name. Returns the state it is in now: taken and tombstoned names stay what they are.
  virtual awaitable<NameState> reserve(Address address, Time now) = 0;
  virtual awaitable<bool> unreserve(Address address) = 0;      // false: it was not reserved
  virtual awaitable<std::vector<std::string>> reserved() = 0;  // in byte order
  // Makes one, and drops those that expired a month ago. Only what this returns has the code.
  virtual awaitable<Invite> create_invite(std::uint32_t uses, Time now, Time expires, std::string note) = 0;
  virtual awaitable<std::vector<Invite>> invites() = 0;       // without their codes
  virtual awaitable<bool> revoke_invite(std::string id) = 0;  // false: there was none of that id

  // Reads and writes one row, for real. Throws Failure when that does not work.
  virtual awaitable<void> probe(Time now) = 0;

  // The domain whose data this is. Every own name that is asked about must be of it.
  virtual const Domain& domain() const = 0;

  // Grows whenever something outside this process (an administrator's command) may have changed the data: whoever keeps
  // copies drops them when it does. Cheap; checked at most every second.
  virtual std::uint64_t outside_changes() const = 0;
};

// The database failed. what() is for the log, never for outsiders.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Too much waits already. Nothing was written; later it may work.
class Busy : public Failure {
 public:
  using Failure::Failure;
};

}  // namespace pd::store
