#include "quic/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "identity/key.h"

namespace pd::quic {
namespace {

constexpr const char* priorities =  // SESS-1, SESS-2
    "NONE:+VERS-TLS1.3:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+GROUP-X25519:+GROUP-SECP256R1:"
    "+SIGN-EDDSA-ED25519:+CTYPE-X509:%DISABLE_TLS13_COMPAT_MODE";
constexpr std::string_view protocol = "pd/1";
constexpr std::size_t max_message = 8'192;  // a certificate of 4,096 bytes and what is around it

void check(int code, const char* what) {
  if (code < 0) {
    throw std::runtime_error(std::string("QUIC: ") + what + ": " + gnutls_strerror(code));
  }
}

gnutls_datum_t datum(std::string_view text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

// The Ed25519 key that GnuTLS has seen proven, which must be the one that we read from the certificate.
bool holds(const gnutls_datum_t& der, const identity::PublicKey& key) {
  gnutls_pcert_st certificate{};
  if (gnutls_pcert_import_x509_raw(&certificate, &der, GNUTLS_X509_FMT_DER, 0) < 0) {
    return false;
  }
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
  gnutls_datum_t x{};
  gnutls_datum_t y{};
  const int code = gnutls_pubkey_export_ecc_raw2(certificate.pubkey, &curve, &x, &y, 0);
  const bool same = code >= 0 && curve == GNUTLS_ECC_CURVE_ED25519 && x.size == key.raw().size() &&
                    std::equal(key.raw().begin(), key.raw().end(), x.data);
  gnutls_free(x.data);
  gnutls_free(y.data);
  gnutls_pcert_deinit(&certificate);
  return same;
}

}  // namespace

Tls::Tls(Role role, const connect::Credentials& self, directory::VerifiedPeer peer)
    : role_(role), peer_(std::move(peer)) {
  use(self);
  configure();
}

void Tls::use(const connect::Credentials& self) {
  gnutls_certificate_credentials_t certificate = nullptr;
  check(gnutls_certificate_allocate_credentials(&certificate), "no memory");
  certificate_.reset(certificate);
  auto pem = self.device_key().pem();
  const auto shown = datum(self.certificate());
  const auto key = datum(pem);
  const int code = gnutls_certificate_set_x509_key_mem(certificate, &shown, &key, GNUTLS_X509_FMT_PEM);
  identity::wipe(pem);
  check(code, "the device key cannot be used");
}

void Tls::configure() {
  const bool answers = role_ == Role::answerer;
  const unsigned flags = GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_SEND_TICKET;
  gnutls_session_t session = nullptr;
  check(gnutls_init(&session, flags | (answers ? GNUTLS_SERVER : GNUTLS_CLIENT)), "no session");
  session_.reset(session);
  check(gnutls_priority_set_direct(session, priorities, nullptr), "no cipher suites");
  check(answers ? ngtcp2_crypto_gnutls_configure_server_session(session)
                : ngtcp2_crypto_gnutls_configure_client_session(session),
        "not the right GnuTLS");
  gnutls_handshake_set_max_packet_length(session, max_message);
  check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, certificate_.get()), "no certificate");
  const auto name = datum(protocol);
  check(gnutls_alpn_set_protocols(session, &name, 1, GNUTLS_ALPN_MANDATORY), "no ALPN");
  if (answers) {
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST, demand_parameters);
  }
  gnutls_session_set_verify_function(session, verify);
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* it) { return static_cast<Tls*>(it->user_data)->connection_; };
  reference_.user_data = this;
  gnutls_session_set_ptr(session, &reference_);
}

Tls& Tls::of(gnutls_session_t session) {
  return *static_cast<Tls*>(static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session))->user_data);
}

// LINK-2. ngtcp2 demands them of a dialler when the handshake is complete, but it writes with them before that.
int Tls::demand_parameters(gnutls_session_t session, unsigned, unsigned, unsigned, const gnutls_datum_t*) noexcept {
  const bool came = ngtcp2_conn_get_remote_transport_params(of(session).connection_) != nullptr;
  return came ? 0 : GNUTLS_E_MISSING_EXTENSION;
}

// GnuTLS calls it when the other side has signed with the key of its certificate. No exception may pass.
int Tls::verify(gnutls_session_t session) noexcept {
  auto& self = of(session);
  self.verdict_ = self.judge();
  return self.verdict_ == Verdict::good ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

bool Tls::speaks_pd() {
  gnutls_datum_t name{};
  return gnutls_alpn_get_selected_protocol(native(), &name) >= 0 &&
         std::string_view(reinterpret_cast<const char*>(name.data), name.size) == protocol;
}

Tls::Verdict Tls::judge() {
  if (!speaks_pd()) {
    return Verdict::no_pd;
  }
  unsigned count = 0;
  const gnutls_datum_t* const shown = gnutls_certificate_get_peers(native(), &count);
  if (shown == nullptr || count != 1) {
    return Verdict::wrong_key;
  }
  const auto claim = identity::read_peer_certificate({shown->data, shown->size});
  if (!claim || claim->address != peer_.address() || !peer_.identity().has_device(claim->key) ||
      !holds(*shown, claim->key)) {
    return Verdict::wrong_key;
  }
  claim_ = *claim;
  return Verdict::good;
}

}  // namespace pd::quic
