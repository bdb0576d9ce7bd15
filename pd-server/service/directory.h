#pragma once

#include <atomic>
#include <cstddef>
#include <optional>

#include "federation/remote.h"
#include "identity/operation.h"
#include "ops/metrics.h"
#include "service/answer.h"
#include "service/home.h"
#include "store/store.h"

namespace pd::service {

// Who somebody is now, as far as a rule of ours needs to know.
struct Person {
  identity::IdentityState state;
  bool ended;  // revoked or moved: no key speaks for this name any more

  // The device or identity key with that id, if it is one of theirs now.
  std::optional<identity::PublicKey> key(std::string_view key_id) const;
};

// "Who is …?", for names of this domain and of others. Own answers are kept ready as bytes: a hit costs no signature,
// no JSON and no store. Absences are kept apart, in a small table, so that whoever asks for random names cannot drive
// out real ones. Any thread.
class Directory {
 public:
  struct Bounds {
    CacheBound names{100'000, std::size_t{256} << 20};
    CacheBound absences{4'096, std::size_t{16} << 20};
  };

  Directory(Home& home, store::Store& store, federation::Remote& remote, ops::Metrics& metrics, Bounds bounds);

  // The answer about any name. Throws Refusal, store::Failure, federation::RemoteError.
  awaitable<AnswerPtr> resolve(Address address);
  // The same, and no other domain is asked: of theirs what is kept (API-14). Throws as resolve().
  awaitable<AnswerPtr> kept(Address address);
  // The answer about a name of this domain, if it is ready.
  AnswerPtr ready(const Address& address);

  // The same as a verified state; empty for nobody. Throws as resolve().
  awaitable<std::optional<Person>> person(Address address);

  // To be called when a name of this domain, or everything, may have changed.
  void changed(const Address& address);
  void changed_all();

 private:
  awaitable<AnswerPtr> resolve_own(Address address);
  AnswerPtr foreign(const federation::RemoteResolution& remote) const;
  void follow_outside_changes();

  Home& home_;
  store::Store& store_;
  federation::Remote& remote_;
  AnswerCache names_;
  AnswerCache absences_;
  std::atomic<std::uint64_t> outside_changes_;
  ops::Counter& hits_;
  ops::Counter& misses_;
};

}  // namespace pd::service
