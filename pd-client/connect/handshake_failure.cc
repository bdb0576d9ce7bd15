#include "connect/handshake_failure.h"

#include <cstdint>

namespace pd::connect {
namespace {

constexpr std::intptr_t by_us = 0x100;
constexpr std::intptr_t by_them = 0x200;

int place() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::intptr_t noted(const SSL* connection) {
  return reinterpret_cast<std::intptr_t>(SSL_get_ex_data(connection, place()));
}

// The first fatal alert is the reason. (The error queue is not: what is at its front differs between versions of
// OpenSSL.)
void note(const SSL* connection, int where, int alert) noexcept {
  if ((where & SSL_CB_ALERT) == 0 || (alert >> 8) != SSL3_AL_FATAL || noted(connection) != 0) return;
  const auto side = (where & SSL_CB_READ) != 0 ? by_them : by_us;
  SSL_set_ex_data(const_cast<SSL*>(connection), place(), reinterpret_cast<void*>(side | (alert & 0xff)));
}

}  // namespace

void note_alerts(SSL_CTX* context) {
  SSL_CTX_set_info_callback(context, note);
}

HandshakeFailure handshake_failure(const SSL* connection) {
  if (SSL_get_verify_result(connection) == not_acceptable) return HandshakeFailure::certificate;
  if (SSL_get_verify_result(connection) == not_understood) return HandshakeFailure::no_pd;
  switch (noted(connection)) {
    case by_us | SSL_AD_PROTOCOL_VERSION:
    case by_them | SSL_AD_PROTOCOL_VERSION:
      return HandshakeFailure::no_tls13;
    case by_us | SSL_AD_NO_APPLICATION_PROTOCOL:
    case by_them | SSL_AD_NO_APPLICATION_PROTOCOL:
      return HandshakeFailure::no_pd;
    case by_us | SSL_AD_CERTIFICATE_REQUIRED:
      return HandshakeFailure::no_certificate;
    case by_us | SSL_AD_DECRYPT_ERROR:  // a signature, or a Finished, that does not verify (RFC 8446, section 6.2)
      return HandshakeFailure::no_proof;
    default:
      return HandshakeFailure::other;
  }
}

std::string explained(HandshakeFailure how, const std::string& who) {
  switch (how) {
    case HandshakeFailure::certificate:
      return "somebody else answered: not a device key of " + who;
    case HandshakeFailure::no_proof:
      return "somebody else answered: they show the certificate of " + who + " and do not hold its key";
    case HandshakeFailure::no_certificate:
      return "what answers there shows no certificate (SESS-2)";
    case HandshakeFailure::no_tls13:
      return "what answers there does not speak TLS 1.3 (SESS-1)";
    case HandshakeFailure::no_pd:
      return "what answers there does not speak pd/1 (SESS-1)";
    case HandshakeFailure::other:
      break;
  }
  return {};
}

}  // namespace pd::connect
