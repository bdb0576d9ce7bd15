#include "server/server.h"

#include <csignal>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "ops/file.h"
#include "ops/systemd.h"
#include "server/check.h"
#include "server/files.h"
#include "server/parts.h"
#include "server/start_error.h"
#include "server/upkeep.h"

namespace pd::server {
namespace {

using boost::asio::ip::tcp;

tcp::endpoint endpoint_of(const config::Listen& listen) {
  return {boost::asio::ip::make_address(listen.address), listen.port};
}

template <class Endpoint>
std::string text_of(const Endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  const auto port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

std::optional<http::TlsFiles> tls_files(const config::RunConfig& config) {
  if (!config.tls) return std::nullopt;
  return http::TlsFiles{config.tls->certificate.string(), config.tls->key.string()};
}

// Binds everything before anything is served, so that a port in use is an error at once.
void bind_all(Parts& parts, const std::optional<http::TlsFiles>& tls) {
  const auto listen_on = [&](const config::Listen& where, std::shared_ptr<const http::Router> router,
                             const http::TlsFiles* files) {
    try {
      parts.bound.push_back(parts.engine.listen(endpoint_of(where), std::move(router), files));
    } catch (const boost::system::system_error& error) {
      throw StartError(
          "cannot listen on " + where.address + ":" + std::to_string(where.port) + ": " + error.code().message(),
          "is another server running there? ports below 1024 need CAP_NET_BIND_SERVICE");
    }
  };
  const auto router = parts.api.router();
  for (const auto& where : parts.config.options.listen)
    listen_on(where, router, tls ? &*tls : nullptr);
  if (parts.config.options.metrics_listen)
    listen_on(*parts.config.options.metrics_listen, parts.api.operations_router(), nullptr);
}

void reload(Parts& parts) {
  ops::notify_reloading();
  try {
    auto policy = read_policy(parts.config.options.policy);
    parts.engine.reload_certificates();  // the last that can fail
    parts.federation->set_policy(std::move(policy));
    parts.log.info("reloaded");
  } catch (const std::exception& error) {
    parts.log.error("not reloaded; what was in force remains", {{"cause", error.what()}});
  }
  ops::notify_ready();
}

// Ends at the first signal that asks for the end.
boost::asio::awaitable<void> until_told(Parts& parts, boost::asio::signal_set& signals) {
  for (;;) {
    const int signal = co_await signals.async_wait(boost::asio::use_awaitable);
    if (signal != SIGHUP) break;
    reload(parts);
  }
  parts.main.stop();
}

void announce(Parts& parts) {
  std::string addresses;
  const auto serving = parts.config.options.listen.size();
  for (std::size_t i = 0; i < parts.bound.size(); ++i) {
    const auto address = text_of(parts.bound[i]);
    addresses += (i < serving ? "" : "metrics ") + address + "\n";
    parts.log.info(i < serving ? "serving" : "serving metrics",
                   {{"domain", parts.config.domain.text()}, {"address", address}});
  }
  for (const auto& endpoint : parts.stun.bound()) {
    addresses += "stun " + text_of(endpoint) + "\n";
    parts.log.info("answering STUN", {{"address", text_of(endpoint)}});
  }
  if (parts.config.options.ready_file) ops::replace_durably(*parts.config.options.ready_file, addresses, 0644);
  ops::notify_ready();
}

}  // namespace

Server::Server(const config::RunConfig& config) {
  const auto doubts = check(config);
  parts_ = std::make_unique<Parts>(config);
  for (const auto& doubt : doubts)
    parts_->log.warning(doubt);
  bind_all(*parts_, tls_files(config));
}

Server::~Server() = default;

void Server::run() {
  Parts& parts = *parts_;
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::signal_set signals(parts.main, SIGTERM, SIGINT, SIGHUP);
  boost::asio::co_spawn(parts.main, until_told(parts, signals), boost::asio::detached);
  boost::asio::co_spawn(parts.main, keep_up(parts.home, parts.directory, parts.mailboxes, *parts.store, parts.log),
                        boost::asio::detached);
  parts.engine.start();
  parts.stun.start();
  announce(parts);
  parts.main.run();

  signals.clear();  // a second Ctrl+C ends the process at once
  ops::notify_stopping();
  parts.log.info("stopping");
  parts.stun.stop();
  parts.engine.stop(parts.config.options.shutdown_grace);
  parts.federation->stop();
  parts.log.info("stopped");
}

}  // namespace pd::server
