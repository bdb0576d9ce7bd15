#pragma once

#include <filesystem>
#include <string>

#include "directory/failure.h"

namespace pd::directory {

// What --ca-file names: fails (usage) unless OpenSSL can read a certificate out of it.
void require_certificates(const std::filesystem::path& file);

// The certificate that `server` showed is not believed to be that of `host`. `verify_result`: OpenSSL's X509_V_…
Failure certificate_refused(const std::string& server, const std::string& host, long verify_result);

}  // namespace pd::directory
