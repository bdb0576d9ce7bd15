#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "identity/result.h"
#include "identity/time.h"

namespace pd::identity {

using Json = nlohmann::json;

// How much of a document is read before it is refused.
struct JsonLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t depth = 8;
};

// Reads one JSON object (RFC 8259, I-JSON RFC 7493): UTF-8, no duplicate member names, within `limits`.
// Fails with malformed or too_large. Never throws.
Result<Json> parse_object(std::string_view text, JsonLimits limits = {});

// Typed access to a member of an object. Each fails with malformed, naming the member and `rule`, when the member is
// missing or of another type. Integers must lie in 0 … 2^53-1 (RFC 7493, section 2.2), times end with the year 9999
// (JSON-4). What is pointed to lives as long as `object`: the caller bounds it before anything is copied.
Result<std::string> string_member(const Json& object, std::string_view name, std::string_view rule);
Result<std::uint64_t> integer_member(const Json& object, std::string_view name, std::string_view rule);
Result<Time> time_member(const Json& object, std::string_view name, std::string_view rule);
Result<const Json*> array_member(const Json& object, std::string_view name, std::string_view rule);
Result<const Json*> object_member(const Json& object, std::string_view name, std::string_view rule);

}  // namespace pd::identity
