#pragma once

#include <filesystem>

#include "identity/descriptor.h"
#include "store/store.h"

namespace pd::admin {

// The domain's key records as the store has them. Throws Problem when there are none, or they do not verify.
identity::DomainKeys current_keys(store::Store& store);

// Gives a domain that has no key its first one. Throws Problem when it has one.
identity::DomainKeys make_domain_key(store::Store& store, const std::filesystem::path& data, identity::Time now);

// Hands the domain over from its key to a new one. Cut off anywhere, either the old key is in force or the new one, and
// the one in force is on the disk. A running server notices by itself. Throws Problem, store::Failure,
// std::runtime_error.
identity::DomainKeys rotate_domain_key(store::Store& store, const std::filesystem::path& data, identity::Time now);

}  // namespace pd::admin
