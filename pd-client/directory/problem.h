#pragma once

#include "directory/client.h"
#include "directory/transport.h"

namespace pd::directory {

// What an error answer of the server at `api` means to the person at the terminal: the one place where HTTP status and
// problem types (schema/openapi.yaml) become kinds of failure.
Problem problem_of(const HttpAnswer& answer, const Origin& api);

}  // namespace pd::directory
