#pragma once

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include <openssl/ssl.h>

#include "http/engine.h"

namespace pd::http {

using TlsContext = std::shared_ptr<SSL_CTX>;

// Which file cannot be used, and why.
struct TlsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Makes the context of a listener: TLS 1.2 and 1.3, ciphers with forward secrecy and authentication only, ALPN
// http/1.1. Throws TlsError.
TlsContext load_tls(const TlsFiles& files);

// Whether its certificate names this host (RFC 6125).
bool is_for(const TlsContext& context, const std::string& host);

// The context for new connections, which may be exchanged at any time; those that exist hold on to theirs. Any thread.
class TlsSource {
 public:
  explicit TlsSource(TlsFiles files) : files_(std::move(files)), current_(load_tls(files_)) {}

  // Reading and using are two steps, so that several sources change together or not at all.
  TlsContext read() const { return load_tls(files_); }
  void use(TlsContext context) {
    const std::lock_guard lock(mutex_);
    current_.swap(context);
  }

  TlsContext current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

 private:
  const TlsFiles files_;
  mutable std::mutex mutex_;
  TlsContext current_;  // guarded by mutex_
};

}  // namespace pd::http
