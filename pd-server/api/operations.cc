#include "api/api.h"
#include "api/problem.h"

namespace pd::api {
namespace {

http::Response uncached(unsigned status, std::string type, std::string body) {
  auto response = http::Response::of(status, std::move(type), std::move(body));
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

awaitable<http::Response> Api::live(const http::Request&, const http::Captures&) {
  co_return uncached(200, "text/plain; charset=utf-8", "live\n");
}

awaitable<http::Response> Api::ready(const http::Request&, const http::Captures&) {
  const bool ready = co_await parts_.health.ready();
  if (ready) co_return uncached(200, "text/plain; charset=utf-8", "ready\n");
  throw Rejected(storage_fails());
}

awaitable<http::Response> Api::metrics(const http::Request&, const http::Captures&) {
  co_return uncached(200, "application/openmetrics-text; version=1.0.0; charset=utf-8", parts_.metrics.text());
}

awaitable<http::Response> Api::not_found(const http::Request&, const http::Captures&) {
  throw Rejected(problem_of_status(404));
  co_return http::Response();
}

awaitable<http::Response> Api::wrong_method(const http::Request&, const http::Captures&) {
  throw Rejected(problem_of_status(405));
  co_return http::Response();
}

}  // namespace pd::api
