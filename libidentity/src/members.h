#pragma once

#include <string_view>

#include "identity/address.h"
#include "identity/json.h"
#include "identity/key.h"
#include "identity/result.h"

namespace pd::identity {

// `error` as a failure of what encloses it: under the encloser's `rule`, the message led by `context`.
Error enclose(const Error& error, std::string_view rule, std::string_view context);

// As above, keeping the inner rule.
Error enclose(const Error& error, std::string_view context);

// Members that several formats have. Each fails, under `rule`, when the member is missing, of another type, or not in
// its one spelling: names in lower case and without "acct:", so that equal things are equal texts.
Result<Address> address_member(const Json& object, std::string_view name, std::string_view rule);
Result<Domain> domain_member(const Json& object, std::string_view name, std::string_view rule);
Result<Hash> hash_member(const Json& object, std::string_view name, std::string_view rule);
Result<PublicKey> key_member(const Json& object, std::string_view name, std::string_view rule);

}  // namespace pd::identity
