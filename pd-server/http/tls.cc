#include "http/tls.h"

#include <stdexcept>
#include <string>

#include <openssl/err.h>

namespace pd::http {
namespace {

constexpr const char* groups = "X25519:P-256:P-384";
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-"
    "SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

[[noreturn]] void fail(const std::string& what) {
  const unsigned long code = ERR_get_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  throw std::runtime_error(what + ": " + (reason == nullptr ? "unknown error" : reason));
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
          "certificate " + files.certificate);
  require(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM), "key " + files.key);
  require(SSL_CTX_check_private_key(context.get()), "key " + files.key + " is not that of " + files.certificate);
  return context;
}

}  // namespace pd::http
