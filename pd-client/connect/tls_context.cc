#include "connect/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "connect/handshake_failure.h"

namespace pd::connect {

using identity::fail;
using identity::PeerClaim;
using identity::Reason;
using identity::Result;

namespace {

constexpr std::array<unsigned char, 5> alpn = {4, 'p', 'd', '/', '1'};  // RFC 7301: length, then the name
constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr int max_certificate_bytes = 4'096;
constexpr int max_certificate_message_bytes = max_certificate_bytes + 64;

void check(long one, const char* what) {
  if (one != 1) {
    ERR_clear_error();
    throw std::runtime_error(std::string("TLS: ") + what);
  }
}

Result<PeerClaim> claim_in(X509* certificate) {
  const int size = certificate == nullptr ? -1 : i2d_X509(certificate, nullptr);
  if (size <= 0 || size > max_certificate_bytes) {
    return fail(Reason::too_large, "SESS-2", "there is no certificate of at most 4,096 bytes");
  }
  std::vector<std::uint8_t> der(static_cast<std::size_t>(size));
  unsigned char* end = der.data();
  i2d_X509(certificate, &end);
  return identity::read_peer_certificate(der);
}

// Both sides have agreed on pd/1 (SESS-1).
bool speaks_pd(X509_STORE_CTX* store) {
  const auto* connection =
      static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(connection, &protocol, &size);
  return std::string_view(reinterpret_cast<const char*>(protocol), size) == "pd/1";
}

// The claim of the one certificate that the other side sent, when it keeps SESS-2.
Result<PeerClaim> shown(X509_STORE_CTX* store) {
  if (sk_X509_num(X509_STORE_CTX_get0_untrusted(store)) != 1) {
    return fail(Reason::malformed, "SESS-2", "not exactly one certificate");
  }
  return claim_in(X509_STORE_CTX_get0_cert(store));
}

int verdict(X509_STORE_CTX* store, bool good) {
  const bool understood = speaks_pd(store);
  X509_STORE_CTX_set_error(store, !understood ? not_understood : good ? X509_V_OK : not_acceptable);
  return understood && good ? 1 : 0;
}

// OpenSSL calls these in place of its own verification, which knows only certificate authorities. No exception may
// pass.
int verify_known(X509_STORE_CTX* store, void* argument) noexcept {
  const auto& peer = *static_cast<const directory::VerifiedPeer*>(argument);
  const auto claim = shown(store);
  return verdict(store, claim && claim->address == peer.address() && peer.identity().has_device(claim->key));
}

int verify_form(X509_STORE_CTX* store, void*) noexcept {
  return verdict(store, shown(store).has_value());
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned length,
                void*) noexcept {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, alpn.data(), alpn.size(), offered, length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// select_alpn() is not called when the extension is missing altogether.
int require_alpn(SSL* connection, int* alert, void*) noexcept {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_application_layer_protocol_negotiation, &data, &size) == 1) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

void accept_only(boost::asio::ssl::context& context, const directory::VerifiedPeer& peer) {
  SSL_CTX_set_cert_verify_callback(context.native_handle(), verify_known, const_cast<directory::VerifiedPeer*>(&peer));
}

void use_certificate(SSL_CTX* context, const Credentials& self) {
  const auto& pem = self.certificate();
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                      &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
                                                                &X509_free);
  check(SSL_CTX_use_certificate(context, certificate.get()), "the certificate cannot be used");
  check(SSL_CTX_use_PrivateKey(context, self.device_key().native()), "the device key cannot be used");
}

// What both sides have in common (SESS-1, SESS-2).
boost::asio::ssl::context common_context(const Credentials& self) {
  boost::asio::ssl::context context(boost::asio::ssl::context::tls);
  SSL_CTX* native = context.native_handle();
  check(SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION), "no TLS 1.3");
  check(SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION), "no TLS 1.3");
  check(SSL_CTX_set_ciphersuites(native, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"),
        "no cipher suites");
  check(SSL_CTX_set1_sigalgs_list(native, "ed25519"), "no ed25519");
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
  check(SSL_CTX_set_num_tickets(native, 0), "tickets cannot be turned off");
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  // Anybody can end a connection: what tells an orderly end from a lost link is the bye frame (SESS-21).
  SSL_CTX_set_options(native, SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Buffers that are there only while they are needed may be large: several records are read at once.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(native, 1);
  SSL_CTX_set_default_read_buffer_len(native, read_buffer_bytes);
  SSL_CTX_set_max_cert_list(native, max_certificate_message_bytes);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  note_alerts(native);
  use_certificate(native, self);
  return context;
}

}  // namespace

Credentials::Credentials(const identity::Address& address, identity::PrivateKey device_key, identity::Time now)
    : address_(address), key_(std::move(device_key)), certificate_(identity::device_certificate(key_, address_, now)) {}

boost::asio::ssl::context dialling_context(const Credentials& self, const directory::VerifiedPeer& callee) {
  auto context = common_context(self);
  // SSL_CTX_set_alpn_protos returns 0 for success, unlike everything around it.
  check(SSL_CTX_set_alpn_protos(context.native_handle(), alpn.data(), alpn.size()) == 0, "no ALPN");
  accept_only(context, callee);
  return context;
}

boost::asio::ssl::context answering_context(const Credentials& self) {
  auto context = common_context(self);
  SSL_CTX_set_alpn_select_cb(context.native_handle(), select_alpn, nullptr);
  SSL_CTX_set_client_hello_cb(context.native_handle(), require_alpn, nullptr);
  SSL_CTX_set_cert_verify_callback(context.native_handle(), verify_form, nullptr);
  return context;
}

boost::asio::ssl::context answering_context(const Credentials& self, const directory::VerifiedPeer& caller) {
  auto context = answering_context(self);
  accept_only(context, caller);
  return context;
}

Result<PeerClaim> claim_of(SSL* connection) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(connection), &X509_free);
  return claim_in(certificate.get());
}

}  // namespace pd::connect
