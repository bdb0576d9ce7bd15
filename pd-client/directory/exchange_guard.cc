#include "directory/exchange_guard.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <utility>

namespace pd::directory {
namespace {

std::optional<identity::Time> expiry_of(const X509* certificate) {
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

}  // namespace

ExchangeGuard::ExchangeGuard(std::chrono::milliseconds deadline, std::size_t max_bytes)
    : max_bytes_(max_bytes),
      end_(std::chrono::steady_clock::now() + deadline),
      keeper_(&ExchangeGuard::keep_time, this) {}

ExchangeGuard::~ExchangeGuard() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  keeper_.join();
  if (socket_ >= 0) ::close(socket_);
}

void ExchangeGuard::watch(SSL_CTX* context) {
  SSL_CTX_set_msg_callback_arg(context, this);
  SSL_CTX_set_msg_callback(
      context, [](int written, int, int type, const void* data, std::size_t size, SSL* connection, void* self) {
        if (written != 0 || size == 0) return;
        const auto* bytes = static_cast<const unsigned char*>(data);
        auto* guard = static_cast<ExchangeGuard*>(self);
        if (type == SSL3_RT_HANDSHAKE && bytes[0] == SSL3_MT_FINISHED) {
          guard->certificate_expires_ = expiry_of(SSL_get0_peer_certificate(connection));
        } else if (type == SSL3_RT_HEADER && size >= 5) {  // RFC 8446, section 5.1: the length comes last
          guard->received(size + static_cast<std::size_t>(bytes[3] << 8 | bytes[4]));
        }
      });
}

void ExchangeGuard::adopt(int socket) {
  // A duplicate stays ours when the library closes its own, so that no other file is ever hit by mistake.
  const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  const std::lock_guard lock(mutex_);
  if (const int old = std::exchange(socket_, copy); old >= 0) ::close(old);
}

void ExchangeGuard::prolong(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  const std::lock_guard lock(mutex_);
  const bool sooner = end < end_;
  end_ = end;
  if (sooner) changed_.notify_one();  // else the keeper sees it when the end before has come
}

void ExchangeGuard::received(std::size_t bytes) {
  received_ += bytes;
  if (too_large()) shut();
}

void ExchangeGuard::shut() {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void ExchangeGuard::keep_time() {
  std::unique_lock lock(mutex_);
  while (!done_ && std::chrono::steady_clock::now() < end_) {
    const auto end = end_;
    changed_.wait_until(lock, end);
  }
  if (done_) return;
  timed_out_ = true;
  // The library may go on to the next address of the host: that one is shut down too.
  do {
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  } while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; }));
}

}  // namespace pd::directory
