#pragma once

#include <filesystem>
#include <optional>

#include <boost/asio/ssl/context.hpp>

namespace pd::federation {

// TLS 1.2 or later to servers of other domains, which must show a certificate of one of the authorities in `ca_file`
// (PEM), or without one of those that the system trusts. Whose certificate it is remains to be checked. Throws
// std::runtime_error: the file cannot be read, or holds no certificate.
boost::asio::ssl::context client_tls(const std::optional<std::filesystem::path>& ca_file);

}  // namespace pd::federation
