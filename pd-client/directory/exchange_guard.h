#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>

#include "identity/time.h"

typedef struct ssl_ctx_st SSL_CTX;

namespace pd::directory {

// Ends one HTTPS exchange that takes too long or brings too much, wherever it is: in the TLS handshake, between two
// bytes of a header, in the body. The HTTP library bounds the gap between two reads, but neither their sum nor the
// length of a header line; this does, by shutting the socket down underneath it.
class ExchangeGuard {
 public:
  ExchangeGuard(std::chrono::milliseconds deadline, std::size_t max_bytes);
  ~ExchangeGuard();
  ExchangeGuard(const ExchangeGuard&) = delete;
  ExchangeGuard& operator=(const ExchangeGuard&) = delete;

  // Counts the bytes of the TLS records that connections of `context` receive, and looks at the server's certificate.
  // The guard must outlive them.
  void watch(SSL_CTX* context);
  // Takes a duplicate of a socket of the exchange; the newest one is the one that is shut down.
  void adopt(int socket);
  // The exchange may go on until so long from now, instead of the deadline; 0 ends it at once.
  void prolong(std::chrono::milliseconds time);

  // Until when the certificate holds that the server has shown last; none before. From the thread of the exchange.
  std::optional<identity::Time> certificate_expires() const { return certificate_expires_; }

  bool timed_out() const { return timed_out_; }
  bool too_large() const { return received_ > max_bytes_; }

 private:
  void keep_time();
  void received(std::size_t bytes);
  void shut();

  const std::size_t max_bytes_;
  std::atomic<std::size_t> received_{0};
  std::atomic<bool> timed_out_{false};
  std::optional<identity::Time> certificate_expires_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::steady_clock::time_point end_;  // guarded by mutex_
  bool done_ = false;                          // guarded by mutex_
  int socket_ = -1;                            // guarded by mutex_
  std::thread keeper_;                         // last: it uses everything above
};

}  // namespace pd::directory
