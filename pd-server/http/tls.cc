#include "http/tls.h"

#include <string>
#include <system_error>

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>

namespace pd::http {
namespace {

constexpr const char* groups = "X25519:P-256:P-384";
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-"
    "SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// OpenSSL's first word on it is the cause, what follows is where that led.
std::string reason_of(unsigned long code) {
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) return "is not there in PEM";
  if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
    return "is not that of the certificate";
  if (ERR_GET_REASON(code) == ERR_R_UNSUPPORTED) return "is not there in PEM, or of a kind that OpenSSL does not know";
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "cannot be used" : reason;
}

[[noreturn]] void fail(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  throw TlsError(what + ": " + reason_of(code));
}

void require(long ok, const std::string& what) {
  if (ok != 1) fail(what);
}

// A server has nobody to ask: a key with a passphrase is an error, not a prompt.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

// RFC 7301, 3.2: who offers protocols, and not ours, is told so.
int select_protocol(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* offered,
                    unsigned int size, void*) {
  static constexpr unsigned char http11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, length, http11, sizeof http11 - 1, offered, size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void choose_protocol(SSL_CTX* context) {
  require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION), "TLS version");
  require(SSL_CTX_set_cipher_list(context, tls12_ciphers), "TLS ciphers");
  require(SSL_CTX_set1_groups_list(context, groups), "TLS groups");
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
}

// An idle connection keeps no buffers; sessions are kept by the clients, in tickets.
void spare_memory(SSL_CTX* context) {
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  require(SSL_CTX_set_num_tickets(context, 1), "TLS tickets");
  SSL_CTX_set_read_ahead(context, 1);  // a record with one read instead of two
}

}  // namespace

TlsContext load_tls(const TlsFiles& files) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) fail("TLS context");
  choose_protocol(context.get());
  spare_memory(context.get());
  SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
  require(SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()),
          "certificate in " + files.certificate);
  require(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM),
          "private key in " + files.key);
  require(SSL_CTX_check_private_key(context.get()), "key " + files.key + " is not that of " + files.certificate);
  return context;
}

bool is_for(const TlsContext& context, const std::string& host) {
  X509* certificate = SSL_CTX_get0_certificate(context.get());
  return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
}

}  // namespace pd::http
