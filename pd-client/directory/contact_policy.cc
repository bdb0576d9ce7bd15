#include "directory/contact_policy.h"

namespace pd::directory {

std::optional<ContactPolicy> parse_contact_policy(std::string_view word) {
  for (const auto policy : {ContactPolicy::contacts, ContactPolicy::ask, ContactPolicy::anyone})
    if (word == text_of(policy)) return policy;
  return {};
}

std::string_view text_of(ContactPolicy policy) {
  switch (policy) {
    case ContactPolicy::contacts:
      return "contacts";
    case ContactPolicy::ask:
      return "ask";
    case ContactPolicy::anyone:
      break;
  }
  return "anyone";
}

bool Relation::is_contact() const {
  return decision == Decision::accepted || (acquainted && decision != Decision::blocked);
}

Verdict decide(ContactPolicy policy, const Relation& relation) {
  if (relation.decision == Decision::blocked) return Verdict::ignore;
  if (relation.is_contact() || policy == ContactPolicy::anyone) return Verdict::let_in;
  if (policy == ContactPolicy::contacts || relation.decision == Decision::declined) return Verdict::ignore;
  return Verdict::ask;
}

}  // namespace pd::directory
