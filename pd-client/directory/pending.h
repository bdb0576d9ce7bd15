#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "directory/home.h"
#include "identity/address.h"
#include "identity/key.h"
#include "identity/secret.h"

namespace pd::directory {

enum class Change { registration, rotation, recovery };

// New keys that the server has not acknowledged yet: kept on disk before the request is sent, so that an answer that is
// lost, or a pdctl that dies, costs nothing: the same command, run again, goes on with the same keys. A home has at
// most one change under way, because the keys of another would take the place of its own, perhaps the only ones in
// force.
//
//   pending/intent.json    {"v":1,"kind":"register","address":…,"device":…,"identity_key":JWK}: written last, removed
//   last pending/identity.pem, device.pem, recovery.pem
//
// Every function throws Failure when the disk says no.
class Pending {
 public:
  struct Intent {
    Change kind;
    identity::Address address;
    std::string device;
    identity::PublicKey identity_key;
  };
  // The private keys of an intent; those that it does not change are absent.
  struct Keys {
    const identity::PrivateKey& identity;
    const identity::PrivateKey* device = nullptr;
    const identity::PrivateKey* recovery = nullptr;
  };
  // What a registration or a recovery makes anew.
  struct NewKeys {
    identity::PrivateKey identity;
    identity::PrivateKey device;
    identity::PrivateKey recovery;
  };
  struct Begun;
  struct Passphrases {
    AskPassphrase of_new_key;  // empty: none
    AskPassphrase of_known_key;
  };

  // What was begun in this home and not finished, if anything.
  static std::optional<Pending> load(const Home& home);

  // As load(), for a command that goes on with such a change and begins none beside another: Failure when something
  // else is unfinished.
  static std::optional<Pending> load(const Home& home, Change kind, const identity::Address& address);

  // Begins. `passphrase` encrypts the identity and the recovery key; none when empty.
  static Pending save(const Home& home, Intent intent, const Keys& keys, const identity::Secret& passphrase);

  // Goes on with the registration or recovery of `address` that was begun before, or begins one with fresh keys: on
  // disk before anybody hears of them. Failure when something else is unfinished.
  static Begun begin_or_resume(const Home& home, Change kind, const identity::Address& address,
                               const std::string& device, const Passphrases& passphrases);

  const Intent& intent() const { return intent_; }

  // A key by its file name; after a finish() that was interrupted some may already be in their place.
  identity::PrivateKey key(const Home& home, std::string_view name, const AskPassphrase& ask) const;

  // The server has acknowledged, and the recovery key was shown: puts the keys in their place, writes the account,
  // forgets the recovery key. May be repeated.
  void finish(const Home& home) const;

  // True when a finish() has begun: all that is left to do is to repeat it.
  bool finishing(const Home& home) const;

  // True while the recovery key that it made is kept, to be shown.
  bool keeps_recovery_key(const Home& home) const;

  // The server has refused for good, or the owner has better keys: forgets the new keys.
  void discard(const Home& home) const;

  // That this has to be finished first, and by which command.
  Failure unfinished() const;

 private:
  explicit Pending(Intent intent) : intent_(std::move(intent)) {}
  Intent intent_;
};

struct Pending::Begun {
  Pending pending;
  NewKeys keys;
  bool resumed;
};

}  // namespace pd::directory
