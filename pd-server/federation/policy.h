#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "identity/address.h"
#include "identity/result.h"

namespace pd::federation {

inline constexpr std::size_t max_policy_bytes = 1 << 20;
inline constexpr std::size_t max_policy_line = 1'000;
inline constexpr std::size_t max_policy_rules = 10'000;
inline constexpr std::size_t max_communities = 16;

enum class Direction {
  ask,     // we ask them
  answer,  // they ask us
};

// A signed list of domains, and the key that signs it.
struct CommunityRule {
  std::string url;     // "https://host[:port]/path"
  std::string key_id;  // thumbprint, base64url
  bool ask;
  bool answer;
  std::size_t line;
};

// Says whether `domain` is in the list of `community` now.
using Membership = std::function<bool(const CommunityRule& community, const identity::Domain& domain)>;

// With whom this server federates (schema/spec/trust-policy.md). A value: copies share nothing that changes. Any
// thread.
class Policy {
 public:
  // No policy file was given: everybody, both ways.
  static Policy open();
  // Reads a policy file. Fails with malformed or too_large; the message begins with "line N: " and says what is allowed
  // there (POL-*).
  static identity::Result<Policy> parse(std::string_view text);

  // The most specific rule decides (POL-5).
  bool allows(Direction direction, const identity::Domain& domain, const Membership& member) const;

  // The same with its reason, for people: "allow example.org (line 3)".
  struct Decision {
    bool allowed;
    std::string why;
  };
  Decision decide(Direction direction, const identity::Domain& domain, const Membership& member) const;

  // May connections for that domain go to private addresses? (POL-8)
  bool allows_private(const identity::Domain& domain) const;

  const std::vector<CommunityRule>& communities() const { return communities_; }

 private:
  struct Verdict {
    bool allow;
    std::size_t line;
  };
  // One direction: patterns are exact domains, or "*." and a suffix.
  struct Side {
    std::map<std::string, Verdict, std::less<>> patterns;
    Verdict otherwise{false, 0};
  };
  class Reader;

  Side& side(Direction direction) { return direction == Direction::ask ? ask_ : answer_; }
  const Side& side(Direction direction) const { return direction == Direction::ask ? ask_ : answer_; }

  Side ask_;
  Side answer_;
  std::map<std::string, std::size_t, std::less<>> private_;
  std::vector<CommunityRule> communities_;
  bool from_file_ = false;
};

}  // namespace pd::federation
