#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directory/failure.h"

namespace pd::directory {

// `--resolve DOMAIN:PORT:ADDR:PORT`: connections to the first go to the second; names and certificates stay those of
// the first.
struct Override {
  std::string host;
  std::uint16_t port;
  std::string address;
  std::uint16_t target_port;

  // Throws Failure (usage). An IPv6 address stands in brackets.
  static Override parse(std::string_view text);
};

// "https://host[:port]", nothing after it.
struct Origin {
  std::string host;
  std::uint16_t port = 443;

  // Throws Failure (failed) for anything else.
  static Origin parse(std::string_view url);
  std::string text() const;       // without the port when it is 443
  std::string authority() const;  // the Host header
};

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct HttpExchange {
  std::string method;
  std::string path;  // in origin form, as it shall be sent
  Headers headers;
  std::string body;
  std::optional<std::chrono::milliseconds> deadline = {};  // instead of the transport's
};

struct HttpAnswer {
  int status = 0;
  Headers headers;
  std::string body;

  std::string_view header(std::string_view name) const;  // the first of that name, or empty
};

struct TransportOptions {
  std::optional<std::filesystem::path> ca_file;  // trusted instead of the system's
  std::vector<Override> overrides;
  std::chrono::milliseconds deadline{20'000};  // one whole exchange, however slowly it drips
  std::size_t max_body;                        // of an answer
  TransportOptions();
};

// HTTPS requests, one connection each, every one bounded in time and bytes. Follows no redirect, sends no cookie,
// unpacks nothing. Any thread; blocks the calling one.
class Transport {
 public:
  explicit Transport(TransportOptions options);

  // Whatever the server answers, errors too. Throws Failure (unreachable) when there is no whole answer from a server
  // whose certificate is valid for `origin`.
  HttpAnswer send(const Origin& origin, const HttpExchange& exchange) const;

 private:
  TransportOptions options_;
};

}  // namespace pd::directory
