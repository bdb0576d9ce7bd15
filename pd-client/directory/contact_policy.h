#pragma once

#include <optional>
#include <string_view>

namespace pd::directory {

// Who may reach the owner, in the owner's word (CON-1).
enum class ContactPolicy { contacts, ask, anyone };

std::optional<ContactPolicy> parse_contact_policy(std::string_view word);
std::string_view text_of(ContactPolicy policy);

// What the owner has decided about an address. A decline that is older than 30 days is none any more (CON-4).
enum class Decision { none, accepted, declined, blocked };

// How the owner stands to a verified person.
struct Relation {
  Decision decision = Decision::none;
  bool acquainted = false;  // named, compared safety numbers with, or written to

  bool is_contact() const;  // CON-3; a block undoes it
};

// What becomes of a person's call.
enum class Verdict {
  let_in,
  ask,     // the owner; the caller learns nothing
  ignore,  // the caller learns nothing
};

// CON-4.
Verdict decide(ContactPolicy policy, const Relation& relation);

}  // namespace pd::directory
