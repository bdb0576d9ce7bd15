#include "federation/client_tls.h"

#include <stdexcept>

namespace pd::federation {

namespace ssl = boost::asio::ssl;

ssl::context client_tls(const std::optional<std::filesystem::path>& ca_file) {
  ssl::context tls(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(tls.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  tls.set_verify_mode(ssl::verify_peer);
  boost::system::error_code error;
  if (ca_file)
    tls.load_verify_file(ca_file->string(), error);
  else
    tls.set_default_verify_paths(error);
  if (error)
    throw std::runtime_error("cannot read the certificate authorities" + (ca_file ? " in " + ca_file->string() : "") +
                             ": " + error.message());
  return tls;
}

}  // namespace pd::federation
