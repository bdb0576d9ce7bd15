#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace pd::api {

// Throws Rejected (415) when the body is not declared as `type`; parameters are ignored.
void require_type(const http::Request& request, std::string_view type);

// All decoded values of a query parameter, in order; at most 32. Throws Rejected (400) for broken percent-encoding.
std::vector<std::string> query_values(const http::Request& request, std::string_view name);

// True when Cache-Control has that directive (RFC 9111, section 5.2.1).
bool has_directive(const http::Request& request, std::string_view name);

// True when If-None-Match names `etag` (RFC 9110, section 13.1.2).
bool none_match(const http::Request& request, std::string_view etag);

}  // namespace pd::api
