#include "service/reserved_names.h"

#include "identity/encoding.h"

namespace pd::service {
namespace {

// clang-format off
constexpr std::string_view built_in[] = {
    // RFC 2142
    "info", "marketing", "sales", "support", "abuse", "noc", "security", "postmaster", "hostmaster", "usenet", "news",
    "webmaster", "www", "uucp", "ftp",
    // Mail by which certificate authorities let a domain be confirmed (CA/Browser Forum BR, section 3.2.2.4.4)
    "admin", "administrator",
    // System accounts and those that look like them
    "root", "daemon", "bin", "sys", "system", "sysadmin", "operator", "nobody", "anonymous", "guest", "localhost",
    "mailer-daemon", "noreply", "no-reply", "autoconfig", "autodiscover", "wpad", "isatap",
    // Roles that strangers trust
    "owner", "staff", "team", "moderator", "official", "help", "contact", "billing", "legal", "privacy", "everyone", "all",
    // This software
    "pd", "pd-server", "pdctl", "server", "directory", "api", "status",
};
// clang-format on

}  // namespace

ReservedNames::ReservedNames(const std::vector<std::string>& added) : names_(std::begin(built_in), std::end(built_in)) {
  for (const auto& name : added)
    names_.insert(identity::lower(name));
}

}  // namespace pd::service
