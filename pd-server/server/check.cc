#include "server/check.h"

#include <stdexcept>

#include "federation/client_tls.h"
#include "http/tls.h"
#include "server/files.h"
#include "server/start_error.h"

namespace pd::server {
namespace {

http::TlsContext load(const config::RunConfig::Tls& files) {
  try {
    return http::load_tls({files.certificate.string(), files.key.string()});
  } catch (const http::TlsError& error) {
    throw StartError(error.what(),
                     "--tls-cert names the certificate and its chain, --tls-key its private key, both in PEM; the user "
                     "that the server runs as must be able to read them");
  }
}

void check_authorities(const std::optional<std::filesystem::path>& file) {
  try {
    federation::client_tls(file);
  } catch (const std::runtime_error& error) {
    throw StartError(error.what(),
                     "--ca-file names a file of certificates in PEM; without it those of the system count");
  }
}

}  // namespace

std::vector<std::string> check(const config::RunConfig& config) {
  std::vector<std::string> doubts;
  read_policy(config.options.policy);
  check_authorities(config.options.ca_file);
  if (!config.tls) return doubts;
  // With an --api-url elsewhere, another web server may answer at the domain itself.
  const auto tls = load(*config.tls);
  if (config.options.api_url == "https://" + config.domain.text() && !http::is_for(tls, config.domain.text()))
    doubts.push_back("the certificate in " + config.tls->certificate.string() + " is not for " + config.domain.text() +
                     ": nobody will believe that server");
  return doubts;
}

}  // namespace pd::server
