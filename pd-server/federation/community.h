#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "identity/address.h"
#include "identity/jws.h"
#include "identity/key.h"
#include "identity/result.h"
#include "identity/time.h"

namespace pd::federation {

inline constexpr std::string_view community_typ = "pd-community+jws";
inline constexpr std::size_t max_community_domains = 1'000;
inline constexpr std::size_t max_community_bytes = 400'000;
inline constexpr identity::Seconds max_community_life{90 * 24 * 3600};

struct CommunityBody {
  identity::Domain issuer;  // "iss": the host of the URL where the list is
  std::uint64_t seq;        // grows with every list
  identity::Time issued;
  identity::Time expires;                 // at most max_community_life after `issued`
  std::vector<identity::Domain> domains;  // at most max_community_domains
};

// A community's signed list of domains (COM-* of schema/spec/trust-policy.md). The key that signed it is inside; a
// policy line names the thumbprint that it must have.
class CommunityList {
 public:
  // Reads and verifies: issued by `issuer`, signed by the key of that id. Does not look at the time. Fails with
  // malformed, unsupported, too_large, wrong_subject, wrong_key or bad_signature.
  static identity::Result<CommunityList> parse(std::string_view jws, const identity::Domain& issuer,
                                               std::string_view key_id);
  // Fails with malformed or too_large where parse() would.
  static identity::Result<CommunityList> sign(const CommunityBody& body, const identity::PrivateKey& key);

  // Fails with expired or not_yet_valid.
  identity::Result<void> check_time(identity::Time now) const;

  bool contains(const identity::Domain& domain) const;  // in logarithmic time
  const CommunityBody& body() const { return body_; }   // domains sorted, none twice
  const std::string& text() const { return text_; }

 private:
  CommunityList(CommunityBody body, std::string text) : body_(std::move(body)), text_(std::move(text)) {}
  CommunityBody body_;
  std::string text_;
};

}  // namespace pd::federation
