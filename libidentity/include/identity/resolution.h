#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "identity/descriptor.h"
#include "identity/history.h"
#include "identity/result.h"
#include "identity/statement.h"
#include "identity/time.h"

namespace pd::identity {

inline constexpr std::size_t max_resolution_bytes = 4 * 1024 * 1024;

// The answer to "who is ADDRESS?", as it travels: unverified.
//
//   {"operations":["eyJ…",…],"statement":"eyJ…","domain":{"keys":[…],"descriptor":"…"},"stale":true}
//
// "operations" is empty for a name that nobody has. "stale" is there, and true, when the home server could not be
// asked.
struct Resolution {
  std::vector<std::string> operations;
  std::string statement;
  Json domain;
  bool stale = false;

  // Fails with malformed or too_large (RES-1 … RES-3). Verifies nothing.
  static Result<Resolution> parse(std::string_view json);
  std::string json() const;
};

// An identity that its domain vouches for and whose history is sound. Only verify_resolution() makes one.
class VerifiedIdentity {
 public:
  const Address& address() const { return history_.address(); }
  const History& history() const { return history_; }
  const IdentityState& state() const { return history_.state(); }
  const Statement& statement() const { return statement_; }

  // True when `key` is a device of the identity now, and the identity has not ended.
  bool has_device(const PublicKey& key) const;

 private:
  friend Result<std::variant<class VerifiedIdentity, struct VerifiedAbsence>> verify_resolution(const Resolution&,
                                                                                                const Address&,
                                                                                                const DomainKeys&,
                                                                                                Time);
  VerifiedIdentity(History history, Statement statement)
      : history_(std::move(history)), statement_(std::move(statement)) {}
  History history_;
  Statement statement_;
};

// The domain vouches that nobody has the name.
struct VerifiedAbsence {
  Statement statement;

  // It also says that somebody had it, and that nobody will have it again (STMT-5).
  bool removed() const { return statement.body().removed; }
};

using Verified = std::variant<VerifiedIdentity, VerifiedAbsence>;

// Verifies `resolution` as an answer about `about`, by the keys of its domain that the caller already trusts (RES-4 …):
// the statement is about that name, signed by the key in force, and in time; the history replays; its head, seq and
// count are those of the statement. Fails as those do.
Result<Verified> verify_resolution(const Resolution& resolution, const Address& about, const DomainKeys& keys,
                                   Time now);

// What a client remembers of a person: enough to notice a history that was replaced or cut short.
struct Pin {
  Hash genesis;
  Hash head;

  static Pin of(const VerifiedIdentity& identity);
  bool operator==(const Pin&) const = default;
};

// Fails with wrong_key when the history begins with another operation (somebody else has the name now), and with
// out_of_order when it does not contain the pinned head (an older or forked history). (PIN-1, PIN-2)
Result<void> check_pin(const Pin& pin, const VerifiedIdentity& identity);

// An absence for a name that is pinned: out_of_order, unless the domain says that it removed the person (PIN-3).
Result<void> check_pin(const Pin& pin, const VerifiedAbsence& absence);

}  // namespace pd::identity
