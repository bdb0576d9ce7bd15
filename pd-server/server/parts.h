#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "api/api.h"
#include "config/config.h"
#include "federation/federation.h"
#include "http/engine.h"
#include "ops/clock.h"
#include "ops/log.h"
#include "ops/metrics.h"
#include "ops/run_lock.h"
#include "service/authentication.h"
#include "service/challenge.h"
#include "service/directory.h"
#include "service/endpoints.h"
#include "service/health.h"
#include "service/home.h"
#include "service/mailboxes.h"
#include "service/registration.h"
#include "service/signals.h"
#include "store/store.h"
#include "stun/server.h"

namespace pd::server {

// Every part of a running server. Made from the top down, each from those above it; destroyed from the bottom up. So
// the contexts, on which everything is resumed, go last.
struct Parts {
  explicit Parts(const config::RunConfig& given);

  const config::RunConfig config;
  ops::Log log;
  ops::Metrics metrics;
  const ops::Clock clock;
  boost::asio::io_context main;  // the main thread's: signals and upkeep
  ops::RunLock run_lock;         // before anything of the data directory is read
  http::Engine engine;
  std::unique_ptr<store::Store> store;
  stun_server::Server stun;
  service::Home home;
  std::unique_ptr<federation::Federation> federation;
  service::Challenges challenges;
  service::Directory directory;
  service::Authentication authentication;
  service::Registration registration;
  service::Endpoints endpoints;
  service::Mailboxes mailboxes;
  service::Signals signals;
  service::Health health;
  api::Api api;

  std::vector<boost::asio::ip::tcp::endpoint> bound;
};

}  // namespace pd::server
