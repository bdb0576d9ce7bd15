#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/x509.h>

namespace pd::http::test {
namespace {

constexpr timeval socket_patience{10, 0};

int open_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) throw std::runtime_error("no socket");
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &socket_patience, sizeof socket_patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &socket_patience, sizeof socket_patience);
  return fd;
}

Answer parse_head(std::string_view head) {
  Answer answer;
  answer.status = static_cast<unsigned>(std::stoul(std::string(head.substr(9, 3))));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size() - 2;) {
    const std::size_t end = head.find("\r\n", at), colon = head.find(": ", at);
    std::string name(head.substr(at, colon - at));
    for (char& c : name)
      c = static_cast<char>(std::tolower(c));
    answer.headers[name] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  return answer;
}

}  // namespace

Client::Client() : fd_(open_socket()) {}

Client::Client(std::uint16_t port, int receive_buffer) : Client() {
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  connect(port);
}

void Client::connect(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

Client::Client(std::uint16_t port, const TlsOptions& tls) : Client(port) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context_.get(), 0);
  if (tls.lowest != 0) SSL_CTX_set_min_proto_version(context_.get(), tls.lowest);
  if (tls.highest != 0) SSL_CTX_set_max_proto_version(context_.get(), tls.highest);
  if (!tls.ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), tls.ciphers.c_str());
  ssl_.reset(SSL_new(context_.get()));
  if (!tls.alpn.empty()) {
    const std::string wire = static_cast<char>(tls.alpn.size()) + tls.alpn;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }
  SSL_set_fd(ssl_.get(), fd_);
  if (SSL_connect(ssl_.get()) == 1) return;
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  throw std::runtime_error(std::string("handshake: ") + (code == 0 ? "closed" : ERR_reason_error_string(code)));
}

Client::~Client() {
  ssl_.reset();
  ::close(fd_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::more() {
  std::array<char, 16384> data;
  const auto got = ssl_ ? SSL_read(ssl_.get(), data.data(), data.size()) : ::recv(fd_, data.data(), data.size(), 0);
  if (got > 0) {
    input_.append(data.data(), static_cast<std::size_t>(got));
    return true;
  }
  if (errno == EAGAIN && (!ssl_ || SSL_get_error(ssl_.get(), static_cast<int>(got)) == SSL_ERROR_WANT_READ)) {
    throw std::runtime_error("nothing came for ten seconds");
  }
  return false;
}

std::optional<Answer> Client::receive(bool head_only) {
  std::size_t end;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return std::nullopt;
  }
  Answer answer = parse_head(std::string_view(input_).substr(0, end + 2));
  input_.erase(0, end + 4);
  const std::string length = answer.header("content-length");
  const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
  while (input_.size() < size) {
    if (!more()) return std::nullopt;
  }
  answer.body = input_.substr(0, size);
  input_.erase(0, size);
  return answer;
}

std::string Client::receive_until(std::string_view end) {
  std::size_t at;
  while ((at = input_.find(end)) == std::string::npos) {
    if (!more()) return {};
  }
  const std::string text = input_.substr(0, at + end.size());
  input_.erase(0, text.size());
  return text;
}

bool Client::ended() {
  const bool nothing_left = input_.empty();
  while (more())
    continue;
  return nothing_left && input_.empty();
}

bool Client::readable(std::chrono::milliseconds wait) const {
  pollfd poll{fd_, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(wait.count())) > 0;
}

void Client::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

std::string Client::certificate_name() const {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl_.get()), X509_free);
  std::array<char, 100> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(), name.size());
  return name.data();
}

std::string Client::protocol() const {
  return SSL_get_version(ssl_.get());
}

std::string Client::alpn() const {
  const unsigned char* data = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &data, &size);
  return std::string(reinterpret_cast<const char*>(data), size);
}

}  // namespace pd::http::test
