#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "identity/address.h"
#include "identity/descriptor.h"
#include "limit/gcra.h"
#include "ops/log.h"

namespace pd::config {

// `--resolve DOMAIN:PORT:ADDR:PORT`: connections to the first go to the second. As curl's --connect-to, but an address
// only.
struct Override {
  identity::Domain domain;
  std::uint16_t port;
  std::string address;
  std::uint16_t target_port;
};

// An address and a port to listen on, "127.0.0.1:8443" or "[::]:443"; port 0 takes a free one.
struct Listen {
  std::string address;
  std::uint16_t port;
};

// Everything that `pd-server run` can be told, as far as it was told. Each member is made an option in one place,
// options.cc: name, unit, help; the command line, the TOML file, --print-config and the manual page follow from there.
// Defaults stand here, except those that depend on other options.
struct Config {
  std::optional<identity::Domain> domain;
  std::filesystem::path data;
  std::vector<Listen> listen;            // HTTPS; default [::]:443, or 127.0.0.1:8080 with behind_proxy
  std::optional<Listen> metrics_listen;  // plain HTTP for /metrics, which is served nowhere else (DOM-4)
  std::vector<Listen> stun;  // over UDP and TCP, at most identity::max_stun_servers; default [::]:3478 and [::]:3479
                             // when `listen` is not set
  std::string stun_host;     // what the descriptor calls it; default the domain
  std::optional<std::filesystem::path> tls_certificate;
  std::optional<std::filesystem::path> tls_key;
  bool behind_proxy = false;  // plain HTTP on `listen`, the peer's address from the last entry of X-Forwarded-For
  std::optional<std::filesystem::path> ca_file;  // trusted for other domains instead of the system's
  std::vector<Override> resolve;
  std::vector<std::string> dns_servers;  // ADDR or ADDR:PORT; default those of the system
  std::optional<std::filesystem::path> policy;
  std::string api_url;  // default https://DOMAIN
  identity::RegistrationMode registration = identity::RegistrationMode::open;
  std::vector<std::string> reserved;  // added to the built-in list
  unsigned threads = 0;               // 0: one a core
  std::chrono::seconds statement_life{24 * 3600};
  std::chrono::seconds answer_fresh{300};  // how long others may keep our answers without asking again
  std::chrono::seconds remote_timeout{5};  // one whole exchange with another domain
  std::chrono::seconds shutdown_grace{10};
  std::size_t connections = 20'000;
  std::size_t cache_answers = 100'000;
  limit::Rate rate_address{50, 200};        // requests, by IPv4 /32 or IPv6 /56
  limit::Rate rate_registration{0.05, 20};  // successful or not, by the same
  limit::Rate rate_account{1, 60};          // signed requests of one identity
  limit::Rate rate_domain{50, 500};         // requests of one other domain
  limit::Rate rate_stun{20, 100};           // STUN answers, by IPv4 /32 or IPv6 /56
  ops::Level log_level = ops::Level::info;
  ops::LogFormat log_format = ops::LogFormat::text;
  std::optional<std::filesystem::path> ready_file;  // the bound address is written here once it serves; for scripts
};

// What a server is run with: options that are complete and fit together.
struct RunConfig {
  struct Tls {
    std::filesystem::path certificate;
    std::filesystem::path key;
  };

  identity::Domain domain;
  std::optional<Tls> tls;  // none: plain HTTP, behind a proxy
  Config options;          // everything else; `listen`, `api_url` and `stun_host` are set
};

}  // namespace pd::config
