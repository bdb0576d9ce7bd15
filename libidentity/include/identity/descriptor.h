#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "identity/address.h"
#include "identity/jws.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

inline constexpr std::string_view domain_key_typ = "pd-domain-key+jws";
inline constexpr std::string_view descriptor_typ = "pd-descriptor+jws";
inline constexpr std::size_t max_domain_keys = 64;
inline constexpr std::size_t max_domain_key_bytes = 1'000;
inline constexpr std::size_t max_descriptor_bytes = 4'000;
inline constexpr std::size_t max_stun_servers = 4;
inline constexpr Seconds max_descriptor_life{7 * 24 * 3600};

// The keys that a domain has had, each introduced by a record that the key before it signed; the first signs itself.
class DomainKeys {
 public:
  // The first record of a new domain, signed by `key`.
  static DomainKeys create(const Domain& domain, const PrivateKey& key, Time now);
  // Reads and verifies 1 … max_domain_keys records (DKEY-* of schema/spec/descriptor.md).
  static Result<DomainKeys> replay(const Domain& domain, std::span<const std::string> records);

  // Hands over from `current` to `next`; a `now` before the last record counts as its time. Fails with wrong_key when
  // `current` is not the key in force, not_allowed when the list is full or `next` was in it before.
  Result<void> rotate(const PrivateKey& current, const PublicKey& next, Time now);

  const Domain& domain() const { return domain_; }
  const PublicKey& current() const { return keys_.back(); }
  const std::vector<std::string>& records() const { return records_; }

  // True when this list is `pinned` or a continuation of it. Where it is not, the reverse tells an older list from a
  // key that changed unsigned (DKEY-8).
  bool extends(const DomainKeys& pinned) const;

 private:
  explicit DomainKeys(Domain domain) : domain_(std::move(domain)) {}
  // Takes over the next record, or leaves the list as it was (DKEY-1 … DKEY-6).
  Result<void> append(std::string_view record);

  Domain domain_;
  std::vector<PublicKey> keys_;
  std::vector<std::string> records_;
  Time since_{};  // of the last record
};

enum class RegistrationMode { open, invite, closed };

// Where a domain answers STUN requests, over UDP and over TCP (schema/spec/stun.md).
struct StunServer {
  std::string host;  // a DNS name, or an IPv4 or IPv6 literal, without brackets
  std::uint16_t port;

  // "stun.example.org:3478", "198.51.100.4:3478" or "[2001:db8::1]:3478". Fails with malformed (DESC-12).
  static Result<StunServer> parse(std::string_view text);

  std::string text() const;
  bool operator==(const StunServer&) const = default;
};

struct DescriptorBody {
  Domain domain;      // "iss"
  std::uint64_t seq;  // grows with every descriptor that the domain signs
  Time issued;
  Time expires;     // at most max_descriptor_life after `issued`
  std::string api;  // "https://host[:port]", no path: where /v1 is
  RegistrationMode registration;
  std::vector<StunServer> stun = {};  // 0 … max_stun_servers, each once
};

// A domain's description of itself, with its keys: the body of /.well-known/pd.
class Descriptor {
 public:
  // Signs `body`, which is about the domain of `keys`, with the key in force there. Throws std::logic_error when it is
  // not, or when the body breaks DESC-5, DESC-6 or DESC-12: that is a fault of the program.
  static Descriptor sign(const DescriptorBody& body, const DomainKeys& keys, const PrivateKey& domain_key);

  // Reads {"keys":[…],"descriptor":"…"}, verifies the key records and the signature of the key in force, and that both
  // are about `domain`. Does not look at the time. (DKEY-*, DESC-*)
  static Result<Descriptor> parse(const Domain& domain, std::string_view json);
  static Result<Descriptor> from_json(const Domain& domain, const Json& object);

  // Fails with expired or not_yet_valid (DESC-9).
  Result<void> check_time(Time now) const;

  // Whether a reader who knows `pinned` may go over to this one. Fails with wrong_key when the domain's key changed
  // without the signature of the one before (DKEY-8), with out_of_order when this is merely older: a lower sequence, or
  // keys that `pinned` continues (DESC-10).
  Result<void> check_succeeds(const Descriptor& pinned) const;

  const DescriptorBody& body() const { return body_; }
  const DomainKeys& keys() const { return keys_; }
  // In the order of the descriptor; empty where the domain answers none.
  const std::vector<StunServer>& stun() const { return body_.stun; }
  // The document that parse() reads.
  Json json() const;

 private:
  Descriptor(DescriptorBody body, DomainKeys keys, std::string jws);
  DescriptorBody body_;
  DomainKeys keys_;
  std::string jws_;
};

}  // namespace pd::identity
