#pragma once

#include <memory>
#include <optional>
#include <type_traits>

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "connect/tls_context.h"
#include "directory/peer.h"
#include "identity/certificate.h"

namespace pd::quic {

enum class Role { dialler, answerer };

// The TLS 1.3 of one QUIC connection (RFC 9001): both sides prove a device key, as SESS-1 … SESS-3 demand it of TCP.
// Stays where it is: GnuTLS and ngtcp2 hold its address.
class Tls {
 public:
  enum class Verdict {
    none,       // the other side has shown no certificate yet
    good,       // it proved a device key of the peer
    wrong_key,  // it showed something else
    no_pd,      // it does not speak pd/1
  };

  // Throws std::runtime_error when GnuTLS cannot.
  Tls(Role role, const connect::Credentials& self, directory::VerifiedPeer peer);
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  gnutls_session_t native() { return session_.get(); }
  // GnuTLS finds the connection by this one; set before the handshake begins.
  void serve(ngtcp2_conn* connection) { connection_ = connection; }

  Role role() const { return role_; }
  const directory::VerifiedPeer& peer() const { return peer_; }
  Verdict verdict() const { return verdict_; }
  // What was proven, when the verdict is good and the handshake complete.
  const std::optional<identity::PeerClaim>& claim() const { return claim_; }

 private:
  struct Free {
    void operator()(gnutls_certificate_credentials_t it) const { gnutls_certificate_free_credentials(it); }
    void operator()(gnutls_session_t it) const { gnutls_deinit(it); }
  };
  void use(const connect::Credentials& self);
  void configure();
  Verdict judge();
  bool speaks_pd();
  static int verify(gnutls_session_t session) noexcept;
  static int demand_parameters(gnutls_session_t session, unsigned, unsigned, unsigned, const gnutls_datum_t*) noexcept;
  static Tls& of(gnutls_session_t session);

  Role role_;
  directory::VerifiedPeer peer_;
  std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>, Free> certificate_;
  std::unique_ptr<std::remove_pointer_t<gnutls_session_t>, Free> session_;  // which uses certificate_
  ngtcp2_crypto_conn_ref reference_{};
  ngtcp2_conn* connection_ = nullptr;
  Verdict verdict_ = Verdict::none;
  std::optional<identity::PeerClaim> claim_;
};

}  // namespace pd::quic
