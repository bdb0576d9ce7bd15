#include "tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace pd::directory::test {

std::string Connection::request() {
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto end = text.find("\r\n\r\n");
    if (end != std::string::npos) {
      const auto length = text.find("Content-Length: ");
      const auto body = length < end ? std::stoul(text.substr(length + 16)) : 0;
      if (text.size() >= end + 4 + body) return text;
    }
    const int got = SSL_read(connection_, buffer, sizeof buffer);
    if (got <= 0) return {};
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

bool Connection::send(const std::string& bytes) {
  return !stopped_ && SSL_write(connection_, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

TlsServer::TlsServer(const Authority& authority, const std::string& host, Behave behave, const std::string& common_name)
    : context_(authority.server_context(host, common_name)),
      behave_(std::move(behave)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  std::signal(SIGPIPE, SIG_IGN);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot listen on loopback");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TlsServer::~TlsServer() {
  stopped_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (const int socket = current_; socket >= 0) ::shutdown(socket, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void TlsServer::serve() {
  for (;;) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    if (socket < 0) return;
    ++connections_;
    current_ = socket;
    if (!stopped_) serve(socket);
    current_ = -1;
    ::close(socket);
  }
}

void TlsServer::serve(int socket) {
  if (!behave_) {
    pollfd gone{socket, POLLRDHUP, 0};
    ::poll(&gone, 1, -1);
    return;
  }
  const std::unique_ptr<SSL, Free> connection(SSL_new(context_.get()));
  SSL_set_fd(connection.get(), socket);
  if (SSL_accept(connection.get()) != 1) return;
  Connection accepted(connection.get(), stopped_);
  behave_(accepted);
  SSL_shutdown(connection.get());
}

std::string http_answer(int status, const std::string& body, const std::string& type, const std::string& more_headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Answer\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more_headers + "Connection: close\r\n\r\n" +
         body;
}

}  // namespace pd::directory::test
