#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pd::http {

// Undoes percent-encoding (RFC 3986, 2.1). None if an escape is malformed, or if what comes out has a control character
// or is not UTF-8: such a text names nothing of ours, and would be trouble in logs, files and databases.
std::optional<std::string> percent_decode(std::string_view text);

// A request target, taken apart.
struct Target {
  std::string_view origin;  // path and query, as they came: "/a%20b?c=d"
  std::string path;         // decoded: "/a b"
  std::optional<std::string_view>
      authority;  // of an absolute-form target; it takes the place of Host (RFC 9112, 3.2.2)
};

// Takes the origin form ("/path?query"), the absolute form ("https://host/path?query") and "*". None if malformed. The
// views point into `target`.
std::optional<Target> parse_target(std::string_view target);

// Is this a Host value: a name or address, perhaps a port (RFC 9110, 7.2)? Not empty.
bool valid_host(std::string_view host);

}  // namespace pd::http
