#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "directory/failure.h"

namespace pd::directory {

// `--resolve DOMAIN:PORT:ADDR:PORT`: connections to the first go to the second; names and certificates stay those of
// the first.
struct Override {
  std::string host;
  std::uint16_t port;
  std::string address;
  std::uint16_t target_port;

  // Throws Failure (usage). An IPv6 address stands in brackets.
  static Override parse(std::string_view text);
};

// "https://host[:port]", nothing after it.
struct Origin {
  std::string host;
  std::uint16_t port = 443;

  // Throws Failure (failed) for anything else.
  static Origin parse(std::string_view url);
  std::string text() const;       // without the port when it is 443
  std::string authority() const;  // the Host header
};

// A host and a port where the service of a domain is, as an SRV record (RFC 2782) names them. Written "host:port".
struct ServiceTarget {
  std::string host;
  std::uint16_t port;

  static std::optional<ServiceTarget> parse(std::string_view text);
  std::string text() const { return host + ":" + std::to_string(port); }
  bool operator==(const ServiceTarget&) const = default;
};

}  // namespace pd::directory
