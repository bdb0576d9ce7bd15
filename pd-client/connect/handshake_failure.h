#pragma once

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>

namespace pd::connect {

// Why a handshake failed, as far as the two sides told each other (SESS-1 … SESS-3).
enum class HandshakeFailure {
  other,           // the network, or something that TLS has no word for that matters here
  no_tls13,        // the other side does not speak TLS 1.3
  no_pd,           // it does not speak pd/1
  no_certificate,  // it showed none
  certificate,     // it showed one that is not acceptable: not theirs, or not as SESS-2 wants it
  no_proof,        // it showed an acceptable one and does not hold its key
};

// What a verification of certificates sets as its error, for handshake_failure() to tell.
inline constexpr int not_acceptable = X509_V_ERR_APPLICATION_VERIFICATION;  // HandshakeFailure::certificate
inline constexpr int not_understood = X509_V_ERR_UNSPECIFIED;               // HandshakeFailure::no_pd

// Lets handshake_failure() see what the connections of `context` go through.
void note_alerts(SSL_CTX* context);

// After a handshake that failed, on a connection of such a context.
HandshakeFailure handshake_failure(const SSL* connection);

// For people: what it means that the handshake with whoever should be `who` failed so; empty for `other`.
std::string explained(HandshakeFailure how, const std::string& who);

// They showed that they are somebody else: final (SESS-3).
inline bool is_wrong_key(HandshakeFailure how) {
  return how == HandshakeFailure::certificate || how == HandshakeFailure::no_proof;
}

}  // namespace pd::connect
