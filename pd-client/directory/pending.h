#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "directory/home.h"
#include "identity/address.h"
#include "identity/key.h"

namespace pd::directory {

// New keys that the server has not acknowledged yet: kept on disk before the request is sent, so that an answer that is
// lost, or a pdctl that dies, costs nothing: the same command, run again, goes on with the same keys.
//
//   pending/intent.json    {"v":1,"kind":"register","address":…,"device":…,"identity_key":JWK}: written last, removed
//   last pending/identity.pem, device.pem, recovery.pem
class Pending {
 public:
  struct Intent {
    std::string kind;  // "register", "rotate" or "recover"
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

  // What was begun in this home and not finished, if anything.
  static std::optional<Pending> load(const Home& home);

  // Begins. `passphrase` encrypts the identity and the recovery key; none when empty.
  static Pending save(const Home& home, Intent intent, const Keys& keys, std::string_view passphrase);

  const Intent& intent() const { return intent_; }

  // A key by its file name; after a finish() that was interrupted some may already be in their place.
  identity::PrivateKey key(const Home& home, std::string_view name, const AskPassphrase& ask) const;

  // The server has acknowledged: puts the keys in their place, writes the account, forgets the recovery key. May be
  // repeated.
  void finish(const Home& home) const;

  // The server has refused for good: forgets the new keys.
  void discard(const Home& home) const;

 private:
  explicit Pending(Intent intent) : intent_(std::move(intent)) {}
  Intent intent_;
};

}  // namespace pd::directory
