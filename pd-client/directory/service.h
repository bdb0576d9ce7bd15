#pragma once

#include <functional>
#include <string>
#include <vector>

#include "directory/origin.h"
#include "identity/encoding.h"

namespace pd::directory {

// Where a domain's pd service is when not at the domain itself, best first, at most three (FED-2). Empty when the DNS
// does not say. Blocks; bounded in time.
using FindServices = std::function<std::vector<ServiceTarget>(const std::string& domain)>;

// Asks the system's resolver for the SRV records of _pd._tcp.DOMAIN (RFC 2782).
FindServices system_services();

// The addresses of a host as literals, in the order in which to try them (RFC 6724), at most eight. Empty when the DNS
// knows no such host. Blocks.
using FindAddresses = std::function<std::vector<std::string>(const std::string& host)>;

// Asks the system's resolver.
FindAddresses system_addresses();

// Reads them out of a DNS answer (RFC 1035, section 4); whatever is wrong in it is left out.
std::vector<ServiceTarget> read_services(identity::ByteView answer);

}  // namespace pd::directory
