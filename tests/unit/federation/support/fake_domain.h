#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "identity/descriptor.h"
#include "identity/operation.h"
#include "identity/resolution.h"
#include "support/authority.h"
#include "support/tls_server.h"

namespace pd::federation::testing {

// A domain on loopback that answers as its home server would, until a test makes it do otherwise. All it says is dated
// by `clock`.
class FakeDomain {
 public:
  using Clock = std::function<identity::Time()>;

  FakeDomain(const Authority& authority, const std::string& name, Clock clock,
             std::vector<std::string> certificate = {});
  ~FakeDomain() { server.stop(); }

  // Somebody with one operation, and another operation for somebody. The operations so far are answered.
  identity::Address add(const std::string& local);
  void update(const std::string& local);
  // Everything that is known of a name goes; its first operation is made anew by other keys.
  void replace_by_impostor(const std::string& local);
  std::vector<std::string> operations(const std::string& local) const;
  void set_operations(const std::string& local, std::vector<std::string> operations);
  void remove(const std::string& local);

  // The domain key is handed over with a signature, or without.
  void rotate();
  void change_key_unsigned();

  std::string descriptor_json() const;
  // The answer about a name; an absence where there is nobody. `change` may spoil it.
  std::string resolution_json(const std::string& address,
                              const std::function<void(identity::Resolution&)>& change = {}) const;
  std::string statement(const std::string& address,
                        const std::function<void(identity::StatementBody&)>& change = {}) const;

  // Answers honestly: well-known and identities.
  void honest(Turn& turn) const;

  const identity::Domain domain;
  std::string max_age = "300";  // of identities; set before the first request
  std::string api;              // "https://NAME" unless set before the first request
  std::uint64_t seq = 1;        // of the descriptor
  TlsServer server;

 private:
  std::string local_of(const std::string& address) const { return address.substr(0, address.find('@')); }
  const identity::PrivateKey& key() const { return keys_.at(key_name_); }
  identity::PrivateKey& make_key(const std::string& name);

  Clock clock_;
  mutable std::mutex mutex_;
  std::string key_name_;                                    // guarded by mutex_
  std::map<std::string, identity::PrivateKey> keys_;        // guarded by mutex_
  identity::DomainKeys domain_keys_;                        // guarded by mutex_
  std::map<std::string, std::vector<std::string>> people_;  // guarded by mutex_: operations by local part
};

}  // namespace pd::federation::testing
