#include <algorithm>
#include <string_view>

#include "api/api.h"
#include "api/problem.h"
#include "api/request.h"
#include "identity/json.h"

namespace pd::api {
namespace {

constexpr std::string_view identity_relation = "urn:pd:rel:identity";

Rejected bad_resource(std::string detail) {
  return Rejected(Problem("malformed", std::move(detail)));
}

// The "resource" of a WebFinger query: exactly one, and a URI (RFC 7033, section 4.1 and 4.2).
std::string resource_of(const http::Request& request) {
  auto resources = query_values(request, "resource");
  if (resources.size() != 1) throw bad_resource("There must be one parameter \"resource\".");
  const auto colon = resources[0].find(':');
  if (colon == 0 || colon == std::string::npos) throw bad_resource("The parameter \"resource\" must be a URI.");
  return std::move(resources[0]);
}

}  // namespace

awaitable<http::Response> Api::descriptor(const http::Request& request, const http::Captures&) {
  const auto current = parts_.home.snapshot();
  const auto max_age = parts_.home.settings().answer_fresh.count();
  http::Response response{
      200, {{"ETag", current->etag}, {"Cache-Control", "max-age=" + std::to_string(max_age)}}, nullptr};
  if (none_match(request, current->etag)) {
    response.status = 304;
  } else {
    response.headers.emplace_back("Content-Type", "application/json");
    response.body = current->body;
  }
  co_return response;
}

awaitable<http::Response> Api::webfinger(const http::Request& request, const http::Captures&) {
  const std::string resource = resource_of(request);
  const auto address = identity::Address::parse(resource);
  if (!resource.starts_with("acct:") || !address || address->domain() != parts_.home.domain()) {
    throw Rejected(Problem("nobody", "This server knows nothing about that resource."));
  }
  const auto answer = co_await parts_.directory.resolve(*address);
  if (!answer->present) throw Rejected(Problem("nobody", "Nobody here has that name."));

  // Without "rel" all links, else those of the relations asked for (RFC 7033, section 4.3).
  const auto relations = query_values(request, "rel");
  auto links = identity::Json::array();
  if (relations.empty() || std::find(relations.begin(), relations.end(), identity_relation) != relations.end()) {
    links.push_back({{"rel", identity_relation},
                     {"type", "application/json"},
                     {"href", parts_.home.settings().api + "/v1/identities/" + address->text()}});
  }
  const identity::Json jrd = {{"subject", address->uri()}, {"links", links}};
  auto response = http::Response::of(200, "application/jrd+json", jrd.dump());
  response.headers.emplace_back("Cache-Control", "max-age=" + std::to_string(answer->max_age.count()));
  co_return response;
}

}  // namespace pd::api
