#include "api/api.h"

#include "api/problem.h"

namespace pd::api {

// The whole API. Nothing is reachable that is not in this list, but for the health of the server.
std::shared_ptr<const http::Router> Api::router() {
  // clang-format off
  std::vector<http::Route> routes = {
      {"GET",  "/.well-known/pd",                              named(&Api::descriptor)},
      {"GET",  "/.well-known/webfinger",                       browsers(&Api::webfinger)},
      {"POST", "/v1/challenges",                               named(&Api::challenge)},
      {"GET",  "/v1/identities/{address}",                     named(&Api::resolve)},
      {"PUT",  "/v1/identities/{address}",                     named(&Api::submit)},
      {"GET",  "/v1/identities/{address}/endpoints",           named(&Api::endpoints)},
      {"PUT",  "/v1/identities/{address}/endpoints/{device}",  named(&Api::publish)},
      {"POST", "/v1/signals",                                  named(&Api::signals)},
      {"GET",  "/v1/events",                                   named(&Api::events)},
  };
  // clang-format on
  for (auto& route : health_routes())
    routes.push_back(std::move(route));
  return std::make_shared<const http::Router>(std::move(routes), open(&Api::not_found), open(&Api::wrong_method));
}

std::vector<http::Route> Api::health_routes() {
  // clang-format off
  return {
      {"GET",  "/healthz",                                     open(&Api::live)},
      {"GET",  "/readyz",                                      open(&Api::ready)},
  };
  // clang-format on
}

std::shared_ptr<const http::Router> Api::operations_router() {
  auto routes = health_routes();
  routes.push_back({"GET", "/metrics", open(&Api::metrics)});
  return std::make_shared<const http::Router>(std::move(routes), open(&Api::not_found), open(&Api::wrong_method));
}

http::Handler Api::open(Method method) {
  return [this, method](const http::Request& request, const http::Captures& captures) {
    return answer(method, true, request, captures);
  };
}

http::Handler Api::named(Method method) {
  return [this, method](const http::Request& request, const http::Captures& captures) {
    return answer(method, false, request, captures);
  };
}

http::Handler Api::browsers(Method method) {
  return [this, method](const http::Request& request, const http::Captures& captures) -> awaitable<http::Response> {
    auto response = co_await answer(method, false, request, captures);
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    co_return response;
  };
}

awaitable<http::Response> Api::answer(Method method, bool any_host, const http::Request& request,
                                      const http::Captures& captures) {
  std::exception_ptr error;
  try {
    count(request);
    if (!any_host && !origins_.of(request.header("host"))) throw Rejected(misdirected());
    co_return co_await (this->*method)(request, captures);
  } catch (...) {
    error = std::current_exception();
  }
  const Problem problem = problem_of(error);
  if (const auto cause = hidden_cause(error); !cause.empty()) {
    const auto level = problem.status == 500 || problem.status == 503 ? ops::Level::error : ops::Level::info;
    parts_.log.write(level, "request failed", {{"problem", std::string(problem.name)}, {"cause", cause}});
  }
  co_return problem.response();
}

}  // namespace pd::api
