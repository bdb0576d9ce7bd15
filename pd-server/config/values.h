#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/config.h"
#include "identity/result.h"

// How each type of value is written, and read back: read(write(x)) is x. A failure says what is wrong and what is
// allowed.
namespace pd::config {

using identity::Result;

// What a number may be, both ends included.
struct Range {
  std::uint64_t least;
  std::uint64_t most;
};

Result<void> read(std::string_view text, std::string& value);
Result<void> read(std::string_view text, std::filesystem::path& value);
Result<void> read(std::string_view text, bool& value);  // true, false
Result<void> read(std::string_view text, identity::Domain& value);
Result<void> read(std::string_view text, Listen& value);       // 127.0.0.1:8443, [::]:443
Result<void> read(std::string_view text, Override& value);     // example.org:443:127.0.0.1:8443
Result<void> read(std::string_view text, limit::Rate& value);  // PER_SECOND:BURST
Result<void> read(std::string_view text, identity::RegistrationMode& value);
Result<void> read(std::string_view text, ops::Level& value);
Result<void> read(std::string_view text, ops::LogFormat& value);
Result<void> read(std::string_view text, std::uint64_t& value, Range range);
Result<void> read(std::string_view text, std::chrono::seconds& value, Range range);  // 90, 90s, 5m, 24h, 7d

std::string write(const std::string& value);
std::string write(const std::filesystem::path& value);
std::string write(bool value);
std::string write(const identity::Domain& value);
std::string write(const Listen& value);
std::string write(const Override& value);
std::string write(const limit::Rate& value);
std::string write(identity::RegistrationMode value);
std::string write(ops::Level value);
std::string write(ops::LogFormat value);
std::string write(std::uint64_t value);
std::string write(std::chrono::seconds value);

// "ADDR" or "ADDR:PORT" in canonical form.
Result<std::string> dns_server(std::string_view text);
// A DNS name in lower case, or an IP address that names one host, without brackets (DESC-12).
Result<std::string> stun_host(std::string_view text);
// "https://host" or "https://host:port", nothing after it.
Result<std::string> api_url(std::string_view text);

}  // namespace pd::config
