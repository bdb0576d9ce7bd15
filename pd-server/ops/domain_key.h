#pragma once

#include <filesystem>

#include "identity/key.h"
#include "ops/file.h"

namespace pd::ops {

// The private key of the domain in a data directory: domain-key.pem, PKCS#8, mode 0600. A running server and an
// administrator's command may both use it; only one process at a time may change it.
//
// A rotation must survive being cut off anywhere, though key and key records are kept in different places. So: stage()
// the next key; put its record into the store; commit(). Whoever reads names the public key that is in force by the
// records, and gets that one, staged or not.
//
// load() needs no lock. Whoever changes anything holds one; load_or_create() takes it itself.
//
// Every function throws std::runtime_error, which names the file, when it cannot be read, written or understood.
class DomainKeyFile {
 public:
  // The right to change the key, of one process at a time; it ends with the object or the process.
  class Lock {
   public:
    // Waits for it.
    explicit Lock(const DomainKeyFile& file);

   private:
    Descriptor file_;
  };

  explicit DomainKeyFile(std::filesystem::path data) : data_(std::move(data)) {}

  // The private half of `in_force`. Also throws when neither file holds it.
  identity::PrivateKey load(const identity::PublicKey& in_force) const;

  // True when the key in force is the staged one: a rotation was cut off before commit().
  bool is_staged(const identity::PublicKey& in_force) const;

  // For a domain that has no key record yet: its key, made and written now if there is none.
  identity::PrivateKey load_or_create();

  void stage(const identity::PrivateKey& next);
  void commit();

 private:
  std::filesystem::path lock_file() const { return data_ / "domain-key.lock"; }
  std::filesystem::path current() const { return data_ / "domain-key.pem"; }
  std::filesystem::path staged() const { return data_ / "domain-key.next.pem"; }

  std::filesystem::path data_;
};

}  // namespace pd::ops
