#include "tls/raw_tls.h"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace pd::connect::test {

namespace {

constexpr int patience_seconds = 30;  // a test that waits so long has failed

void must(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

int new_socket() {
  std::signal(SIGPIPE, SIG_IGN);  // being cut off is what many of these are for
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{patience_seconds, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return name;
}

int connect_to(std::uint16_t port) {
  const int fd = new_socket();
  const auto name = loopback(port);
  must(::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0, "connect");
  return fd;
}

std::pair<int, std::uint16_t> listen_somewhere() {
  const int fd = new_socket();
  auto name = loopback(0);
  socklen_t size = sizeof name;
  must(::bind(fd, reinterpret_cast<const sockaddr*>(&name), size) == 0 && ::listen(fd, 16) == 0 &&
           ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0,
       "listen");
  return {fd, ntohs(name.sin_port)};
}

int verify_nothing(X509_STORE_CTX*, void*) {
  return 1;
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned, void* argument) {
  const auto& name = *static_cast<const std::string*>(argument);
  if (name.empty()) return SSL_TLSEXT_ERR_NOACK;
  *out = reinterpret_cast<const unsigned char*>(name.data());
  *size = static_cast<unsigned char>(name.size());
  return SSL_TLSEXT_ERR_OK;
}

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

Context context_for(const Manners& manners, bool server) {
  Context context(SSL_CTX_new(TLS_method()), &SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), manners.max_version);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), verify_nothing, nullptr);
  if (manners.key) {
    must(SSL_CTX_use_certificate(context.get(), manners.shown.get()) == 1, "certificate");
    must(SSL_CTX_use_PrivateKey(context.get(), manners.key.get()) == 1, "private key");
    for (const auto& extra : manners.more)
      must(SSL_CTX_add1_chain_cert(context.get(), extra.get()) == 1, "chain");
  }
  if (server) {
    SSL_CTX_set_alpn_select_cb(context.get(), choose_alpn, const_cast<std::string*>(&manners.alpn));
  } else if (!manners.alpn.empty()) {
    const std::string wire = static_cast<char>(manners.alpn.size()) + manners.alpn;
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
  }
  return context;
}

}  // namespace

Key ed25519(const identity::PrivateKey& key) {
  EVP_PKEY_up_ref(key.native());
  return Key(key.native(), &EVP_PKEY_free);
}

Key rsa() {
  return Key(EVP_RSA_gen(2048), &EVP_PKEY_free);
}

Key mismatched(const identity::PublicKey& shown, const identity::PrivateKey& signer) {
  auto seed = signer.seed();
  auto raw = shown.raw();
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, raw.data(), raw.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, seed.data(), seed.size()),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(
      EVP_PKEY_CTX_new_from_name(nullptr, "ED25519", nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  must(EVP_PKEY_fromdata_init(maker.get()) == 1 &&
           EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_KEYPAIR, const_cast<OSSL_PARAM*>(parameters.data())) == 1,
       "a key that does not fit itself");
  return Key(made, &EVP_PKEY_free);
}

Certificate certificate(const Key& key, const std::string& address, std::size_t padding) {
  Certificate made(X509_new(), &X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 7);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  const auto add = [&](int what, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
    must(extension != nullptr && X509_add_ext(made.get(), extension, -1) == 1, "extension");
    X509_EXTENSION_free(extension);
  };
  add(NID_subject_alt_name, "critical,URI:acct:" + address);
  if (padding > 0) {
    add(NID_netscape_comment, std::string(padding, 'x'));
  }
  const bool own_digest = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
  must(X509_sign(made.get(), key.get(), own_digest ? nullptr : EVP_sha256()) > 0, "self-signature");
  return made;
}

bool dial_raw(std::uint16_t port, const Manners& manners, const std::string& bytes) {
  const auto context = context_for(manners, false);
  const Connection connection(SSL_new(context.get()), &SSL_free);
  const int fd = connect_to(port);
  SSL_set_fd(connection.get(), fd);
  bool spoken = false;
  if (SSL_connect(connection.get()) == 1) {
    if (!bytes.empty()) {
      SSL_write(connection.get(), bytes.data(), static_cast<int>(bytes.size()));
    }
    char byte = 0;
    spoken = SSL_read(connection.get(), &byte, 1) == 1;
  }
  ERR_clear_error();
  ::close(fd);
  return spoken;
}

RawServer::RawServer(Manners manners) : manners_(std::move(manners)) {
  std::tie(listening_, port_) = listen_somewhere();
  thread_ = std::thread([this] { serve(); });
}

RawServer::~RawServer() {
  ::shutdown(listening_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  ::close(listening_);
}

std::string RawServer::heard() {
  thread_.join();
  return heard_;
}

void RawServer::serve() {
  const int fd = ::accept(listening_, nullptr, nullptr);
  if (fd < 0) return;
  const auto context = context_for(manners_, true);
  const Connection connection(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(connection.get(), fd);
  if (SSL_accept(connection.get()) == 1) {
    char byte = 0;
    while (SSL_read(connection.get(), &byte, 1) == 1)
      heard_ += byte;
  }
  ERR_clear_error();
  ::close(fd);
}

Silent::Silent(std::uint16_t port) : socket_(connect_to(port)) {}
Silent::Silent(Silent&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
Silent::~Silent() {
  if (socket_ >= 0) ::close(socket_);
}

void Silent::wait_until_closed() const {
  char byte = 0;
  const auto size = ::recv(socket_, &byte, 1, 0);
  must(size == 0 || (size < 0 && errno == ECONNRESET), "it was not closed");
}

Hole::Hole() {
  std::tie(listening_, port_) = listen_somewhere();
}
Hole::~Hole() {
  ::close(listening_);
}

}  // namespace pd::connect::test
