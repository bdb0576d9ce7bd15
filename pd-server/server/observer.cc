#include "server/observer.h"

#include <algorithm>
#include <array>
#include <exception>
#include <string>

namespace pd::server {
namespace {

using Seconds = std::chrono::duration<double>;

std::array<ops::Counter*, 6> by_status(ops::Metrics& metrics) {
  std::array<ops::Counter*, 6> counters{};
  for (std::size_t hundreds = 1; hundreds < counters.size(); ++hundreds) {
    counters[hundreds] = &metrics.counter("pd_http_requests", "Requests answered, by the first digit of the status.",
                                          {{"status", std::to_string(hundreds) + "xx"}});
  }
  counters[0] = counters[5];  // no such status
  return counters;
}

}  // namespace

http::Observer observe(ops::Metrics& metrics, ops::Log& log, bool each_request) {
  auto& duration = metrics.histogram("pd_http_request_seconds", "From the last byte of a request to its whole answer.");
  http::Observer observer;
  observer.answered = [counters = by_status(metrics), &duration, &log, each_request](
                          const http::Request& request, const http::Response& response, std::chrono::nanoseconds took) {
    counters[std::min<std::size_t>(response.status / 100, 5)]->add();
    duration.observe(Seconds(took).count());
    if (!each_request) return;
    log.debug("request", {{"method", request.method},
                          {"path", request.path},
                          {"status", std::to_string(response.status)},
                          {"microseconds", std::to_string(took.count() / 1000)}});
  };
  observer.refused = [&metrics](std::string_view what) {
    metrics
        .counter("pd_http_refused", "Connections and requests that the engine itself turned away.",
                 {{"why", std::string(what)}})
        .add();
  };
  observer.failed = [&log](const http::Request& request, std::exception_ptr error) {
    try {
      std::rethrow_exception(std::move(error));
    } catch (const std::exception& failure) {
      log.error("handler failed", {{"path", request.path}, {"cause", failure.what()}});
    } catch (...) {
      log.error("handler failed", {{"path", request.path}, {"cause", "an unknown exception"}});
    }
  };
  return observer;
}

}  // namespace pd::server
