#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "identity/address.h"

namespace pd::api {

// The names under which this server is asked. Requests are signed over "https://name/…", so that one for another server
// is worth nothing here; which name was meant tells the Host header, but only from among ours. Immutable; any thread.
class Origins {
 public:
  // `api` is "https://host[:port]".
  Origins(const identity::Domain& domain, const std::string& api);

  // "https://…" for a Host header that names us, with or without the port 443; empty for any other.
  std::optional<std::string> of(std::string_view host) const;

 private:
  std::string domain_;
  std::string api_;
};

}  // namespace pd::api
