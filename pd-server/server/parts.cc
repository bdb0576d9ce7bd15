#include "server/parts.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "api/problem.h"
#include "ops/domain_key.h"
#include "ops/open_files.h"
#include "server/files.h"
#include "server/observer.h"
#include "server/start_error.h"
#include "server/wait.h"
#include "store/sqlite/open.h"

namespace pd::server {
namespace {

constexpr std::size_t most_used_challenges = 500'000;
constexpr std::size_t most_cached_bytes = std::size_t{256} << 20;
constexpr std::size_t most_counted = 100'000;  // accounts, domains, networks

limit::Nanos steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

// Out of descriptors, a server can neither accept nor ask others nor open its database: it rather has fewer
// connections.
std::size_t possible_connections(const config::Config& config, ops::Log& log) {
  const auto limit = ops::raise_open_files();
  const auto possible = ops::connections_within(limit, config.connections);
  if (possible < config.connections) {
    log.warning("fewer connections than --connections, since the limit of open files (ulimit -n) is low",
                {{"connections", std::to_string(possible)},
                 {"wanted", std::to_string(config.connections)},
                 {"open_files", std::to_string(limit)}});
  }
  return possible;
}

http::Limits limits_of(const config::Config& config, ops::Log& log) {
  http::Limits limits;
  limits.connections = possible_connections(config, log);
  // Behind a proxy everybody comes from one address.
  if (config.behind_proxy) limits.connections_per_peer = limits.connections;
  return limits;
}

ops::RunLock run_lock_of(const std::filesystem::path& data) {
  store::sqlite::make_directory(data);
  try {
    return ops::RunLock(data);
  } catch (const ops::RunLock::Taken& taken) {
    throw StartError(taken.what(), "every server needs a --data of its own");
  }
}

std::unique_ptr<store::Store> open_store(const config::RunConfig& config) {
  store::sqlite::Options options;
  options.domain = config.domain;
  options.create = true;
  return store::sqlite::open(config.options.data, std::move(options));
}

stun_server::Settings stun_settings(const config::Config& config) {
  stun_server::Settings settings{.listen = {}, .rate = config.rate_stun, .networks = most_counted};
  for (const auto& where : config.stun)
    settings.listen.emplace_back(boost::asio::ip::make_address(where.address), where.port);
  return settings;
}

stun_server::Server make_stun(const config::Config& config, ops::Metrics& metrics) {
  try {
    return stun_server::Server(stun_settings(config), metrics);
  } catch (const boost::system::system_error& error) {
    throw StartError(
        std::string("cannot listen for STUN: ") + error.what(),
        "is another server running there? --stun says where else; given --listen, there is none without it");
  }
}

// What clients are told, a port once, whatever the number of addresses that it is bound on.
std::vector<identity::StunServer> stun_servers(const config::Config& config, const stun_server::Server& stun) {
  std::vector<identity::StunServer> servers;
  for (const auto& endpoint : stun.bound()) {
    const identity::StunServer server{config.stun_host, endpoint.port()};
    if (std::ranges::find(servers, server) == servers.end()) servers.push_back(server);
  }
  return servers;
}

service::Home::Settings home_settings(const config::RunConfig& config, const stun_server::Server& stun) {
  return {
      .domain = config.domain,
      .api = config.options.api_url,
      .registration = config.options.registration,
      .statement_life = config.options.statement_life,
      .answer_fresh = config.options.answer_fresh,
      .stun = stun_servers(config.options, stun),
  };
}

service::KeySource key_source(const config::Config& config) {
  return [file = ops::DomainKeyFile(config.data)](const identity::PublicKey* in_force) mutable {
    return in_force ? file.load(*in_force) : file.load_or_create();
  };
}

federation::Settings federation_settings(const config::RunConfig& run) {
  const auto& config = run.options;
  std::vector<federation::Override> resolve;
  for (const auto& [domain, port, address, target_port] : config.resolve) {
    resolve.push_back({domain, port, address, target_port});
  }
  return {
      .own = run.domain,
      .policy = read_policy(config.policy),
      .resolve = std::move(resolve),
      .dns_servers = config.dns_servers,
      .ca_file = config.ca_file,
      .timeout = config.remote_timeout,
      .cache_answers = config.cache_answers,
  };
}

// The key in force, kept alive together with the snapshot that it belongs to.
std::shared_ptr<const identity::PrivateKey> key_of(const service::Home& home) {
  auto snapshot = home.snapshot();
  const auto* key = &snapshot->key;
  return {std::move(snapshot), key};
}

}  // namespace

Parts::Parts(const config::RunConfig& given)
    : config(given),
      log(config.options.log_format, config.options.log_level),
      clock(ops::system_clock()),
      run_lock(run_lock_of(config.options.data)),
      engine(
          limits_of(config.options, log), config.options.threads,
          [](unsigned status) { return api::problem_of_status(status).response(); },
          observe(metrics, log, config.options.log_level == ops::Level::debug)),
      store(open_store(config)),
      stun(make_stun(config.options, metrics)),
      home(home_settings(config, stun), key_source(config.options), *store, clock),
      federation(federation::make_federation(federation_settings(config),
                                             {*store, log, metrics, clock, [this] { return key_of(home); }})),
      challenges(config.domain, most_used_challenges),
      directory(home, *store, *federation, metrics, {.names = {config.options.cache_answers, most_cached_bytes}}),
      authentication(
          home, directory, *federation, challenges,
          {.account = config.options.rate_account, .domain = config.options.rate_domain, .keys = most_counted},
          steady_now),
      registration(home, directory, authentication, *store, service::ReservedNames(config.options.reserved),
                   config.options.rate_registration, most_counted, steady_now),
      endpoints(home, directory, authentication, *store),
      mailboxes({}, steady_now, metrics),
      signals(home, directory, authentication, *federation, mailboxes, {.keys = most_counted}, steady_now),
      health(*store, clock),
      api({home, directory, registration, endpoints, signals, authentication, challenges, health, metrics, log,
           steady_now},
          {.rate_address = config.options.rate_address,
           .peers = most_counted,
           .behind_proxy = config.options.behind_proxy}) {
  metrics.gauge("pd_http_connections", "Connections there are now.",
                [this] { return static_cast<double>(engine.connections()); });
  metrics.gauge("pd_event_streams", "Devices that listen for events now.",
                [this] { return static_cast<double>(mailboxes.streams()); });
  metrics.gauge("pd_log_lines_lost", "Lines of the log that could not be written in time.",
                [this] { return static_cast<double>(log.lost()); });
  wait(main, home.refresh());
}

}  // namespace pd::server
