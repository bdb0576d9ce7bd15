#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/origins.h"
#include "http/router.h"
#include "limit/table.h"
#include "ops/log.h"
#include "ops/metrics.h"
#include "service/authentication.h"
#include "service/challenge.h"
#include "service/directory.h"
#include "service/endpoints.h"
#include "service/health.h"
#include "service/home.h"
#include "service/registration.h"
#include "service/signals.h"

namespace pd::api {

using boost::asio::awaitable;

// What the API speaks for. All of it outlives the Api.
struct Parts {
  service::Home& home;
  service::Directory& directory;
  service::Registration& registration;
  service::Endpoints& endpoints;
  service::Signals& signals;
  service::Authentication& authentication;
  service::Challenges& challenges;
  service::Health& health;
  ops::Metrics& metrics;
  ops::Log& log;
  service::SteadyClock steady;
};

struct Settings {
  limit::Rate rate_address;     // requests of one peer, see source_of()
  std::size_t peers = 100'000;  // how many are counted at a time
  bool behind_proxy = false;
};

// The HTTP API, version 1 (schema/openapi.yaml): each handler reads the request, asks a service, writes the answer. It
// must outlive the engine that its routers are given to. Any thread.
class Api {
 public:
  Api(Parts parts, Settings settings);

  // What anybody may ask.
  std::shared_ptr<const http::Router> router();
  // /healthz, /readyz and /metrics, for a listener that only the operator reaches: the figures tell who is there
  // (DOM-4).
  std::shared_ptr<const http::Router> operations_router();

 private:
  using Method = awaitable<http::Response> (Api::*)(const http::Request&, const http::Captures&);

  std::vector<http::Route> health_routes();
  http::Handler open(Method method);      // under the limit of the peer, for any host
  http::Handler named(Method method);     // and only under a name of ours
  http::Handler browsers(Method method);  // and scripts of any web page may read the answer

  awaitable<http::Response> answer(Method method, bool any_host, const http::Request& request,
                                   const http::Captures& captures);
  void count(const http::Request& request);
  std::string source_of(const http::Request& request) const;
  identity::HttpRequest signed_part(const http::Request& request) const;
  http::Response answer_of(const http::Request& request, const service::Answer& answer) const;

  // domain.cc
  awaitable<http::Response> descriptor(const http::Request&, const http::Captures&);
  awaitable<http::Response> webfinger(const http::Request&, const http::Captures&);
  // identities.cc
  awaitable<http::Response> challenge(const http::Request&, const http::Captures&);
  awaitable<http::Response> resolve(const http::Request&, const http::Captures&);
  awaitable<http::Response> submit(const http::Request&, const http::Captures&);
  awaitable<http::Response> publish(const http::Request&, const http::Captures&);
  awaitable<http::Response> endpoints(const http::Request&, const http::Captures&);
  // signals.cc
  awaitable<http::Response> signals(const http::Request&, const http::Captures&);
  awaitable<http::Response> events(const http::Request&, const http::Captures&);
  // operations.cc
  awaitable<http::Response> live(const http::Request&, const http::Captures&);
  awaitable<http::Response> ready(const http::Request&, const http::Captures&);
  awaitable<http::Response> metrics(const http::Request&, const http::Captures&);
  awaitable<http::Response> not_found(const http::Request&, const http::Captures&);
  awaitable<http::Response> wrong_method(const http::Request&, const http::Captures&);

  const Parts parts_;
  const Settings settings_;
  const Origins origins_;
  limit::Table peers_;
};

}  // namespace pd::api
