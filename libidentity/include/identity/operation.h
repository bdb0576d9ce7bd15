#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/address.h"
#include "identity/jws.h"
#include "identity/key.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

inline constexpr std::string_view operation_typ = "pd-op+jws";
inline constexpr std::size_t max_operation_bytes = 7'500;
inline constexpr std::size_t max_devices = 16;
inline constexpr std::size_t max_recovery_keys = 5;

enum class OperationKind { create, update, recover, revoke, move };

// A key that chats in the owner's name. `name` is 1–64 bytes of printable UTF-8, unique within the identity.
struct Device {
  std::string name;
  PublicKey key;

  bool operator==(const Device&) const = default;
};

// The whole state of an identity, as each operation carries it (schema/spec/operations.md).
struct IdentityState {
  Address address;
  PublicKey identity_key;
  std::vector<Device> devices;      // at most max_devices, no key twice, never the identity key
  std::vector<Hash> recovery_keys;  // thumbprints, strongest first, at most max_recovery_keys, none twice

  bool operator==(const IdentityState&) const = default;
};

// What an operation says.
struct OperationBody {
  OperationKind kind;
  std::uint64_t seq;             // 0 for create, otherwise that of `previous` + 1
  std::optional<Hash> previous;  // none for create
  Time time;
  IdentityState state;
  std::optional<Address> moved_to;  // for move, and only there
};

// A signed operation: the format is right and every bound is kept; whether it was *allowed* only History can tell.
class Operation {
 public:
  // Fails with malformed, unsupported or too_large (JWS-*, OP-*).
  static Result<Operation> parse(std::string_view jws);

  // Signs `body`. `key` is an identity key, or for recover and for revoke a recovery key: then `by_recovery_key`
  // embeds its public half. Fails with malformed or too_large where parse() would.
  static Result<Operation> sign(const OperationBody& body, const PrivateKey& key, bool by_recovery_key = false);

  const OperationBody& body() const { return body_; }
  const Jws& jws() const { return jws_; }
  const std::string& text() const { return jws_.text(); }
  const Hash& hash() const { return hash_; }

 private:
  Operation(OperationBody body, Jws jws);
  OperationBody body_;
  Jws jws_;
  Hash hash_;
};

}  // namespace pd::identity
