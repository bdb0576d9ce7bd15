#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <openssl/types.h>
#include <boost/asio/ssl/context.hpp>

namespace pd::federation::testing {

// A directory that goes away with its object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A certificate authority of the test's own.
class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  // Its certificate, PEM.
  std::filesystem::path file() const { return directory_.path() / "ca.pem"; }

  // What a server for these DNS names needs; valid for an hour, or, `expired`, until an hour ago.
  boost::asio::ssl::context server(const std::vector<std::string>& names, bool expired = false) const;

 private:
  TemporaryDirectory directory_;
  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace pd::federation::testing
