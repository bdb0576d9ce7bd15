#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "identity/address.h"
#include "identity/jws.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

inline constexpr std::string_view statement_typ = "pd-statement+jws";
inline constexpr std::size_t max_statement_bytes = 2'000;
inline constexpr Seconds max_statement_life{24 * 3600};

// The head of an identity, as its domain states it.
struct Head {
  Hash operation;
  std::uint64_t seq;
  std::uint64_t count;  // operations in the history, undone ones included

  bool operator==(const Head&) const = default;
};

// What a domain says about one of its names at one time: its head, or (`head` empty) that there is nobody of that name,
// where `removed` tells a name that somebody had from one that nobody had yet.
struct StatementBody {
  Address address;  // "sub"; its domain is "iss"
  std::optional<Head> head;
  Time issued;           // "iat"
  Time expires;          // "exp", at most max_statement_life after
  bool removed = false;  // its domain erased whoever had the name, and gives it to nobody again; never with a head
};

class Statement {
 public:
  // Reads and checks everything but who signed it and when it is now (JWS-*, STMT-*). Fails as Jws::parse() does, and
  // with malformed or wrong_subject.
  static Result<Statement> parse(std::string_view jws);
  // Throws std::logic_error when `body` breaks STMT-4 or STMT-5: that is a fault of the program.
  static Statement sign(const StatementBody& body, const PrivateKey& domain_key);

  // Fails with wrong_subject (another address), wrong_key, bad_signature, expired, not_yet_valid.
  Result<void> verify(const Address& about, const PublicKey& domain_key, Time now) const;

  const StatementBody& body() const { return body_; }
  const std::string& text() const { return jws_.text(); }

 private:
  Statement(StatementBody body, Jws jws) : body_(std::move(body)), jws_(std::move(jws)) {}
  StatementBody body_;
  Jws jws_;
};

}  // namespace pd::identity
