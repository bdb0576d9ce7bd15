#include "api/api.h"
#include "api/problem.h"
#include "api/request.h"
#include "identity/json.h"
#include "identity/operation.h"
#include "service/refusal.h"

namespace pd::api {
namespace {

http::Response json(unsigned status, const identity::Json& body) {
  auto response = http::Response::of(status, "application/json", body.dump());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

awaitable<http::Response> Api::challenge(const http::Request& request, const http::Captures&) {
  if (!request.body.empty()) {
    require_type(request, "application/json");
    service::value_or_refuse(identity::parse_object(request.body), service::Refused::malformed);
  }
  const auto issued = parts_.challenges.issue(parts_.home.now());
  co_return json(200, {{"challenge", issued.text}, {"expires", issued.expires.time_since_epoch().count()}});
}

awaitable<http::Response> Api::resolve(const http::Request& request, const http::Captures& captures) {
  auto address = service::Home::address(captures.at(0));
  const bool own = address.domain() == parts_.home.domain();
  // Who signs is another domain's server. What is asked for is public all the same, but whoever says who they are must
  // prove it, and no server asks us about names that are not ours (API-13).
  if (!request.header("signature-input").empty() || !request.header("pd-identity").empty()) {
    co_await parts_.authentication.asking_domain(signed_part(request));
    parts_.home.require_own(address);
  }
  if (own) {
    if (const auto ready = parts_.directory.ready(address)) co_return answer_of(request, *ready);
  }
  const bool quietly = has_directive(request, "only-if-cached");
  auto finding = quietly ? parts_.directory.kept(std::move(address)) : parts_.directory.resolve(std::move(address));
  const auto answer = co_await std::move(finding);
  co_return answer_of(request, *answer);
}

awaitable<http::Response> Api::submit(const http::Request& request, const http::Captures& captures) {
  auto address = parts_.home.own_address(captures.at(0));
  require_type(request, "application/jose");
  service::Submission submission{std::move(address), signed_part(request), std::nullopt, source_of(request)};
  if (const auto invite = request.header("pd-invite"); !invite.empty()) submission.invite = invite;
  const auto accepted = co_await parts_.registration.submit(std::move(submission));
  auto response = answer_of({}, *accepted.answer);
  if (accepted.created) response.status = 201;
  co_return response;
}

awaitable<http::Response> Api::publish(const http::Request& request, const http::Captures& captures) {
  auto address = parts_.home.own_address(captures.at(0));
  require_type(request, "application/jose");
  co_await parts_.endpoints.publish(std::move(address), captures.at(1), signed_part(request));
  co_return http::Response{204, {}, nullptr};
}

awaitable<http::Response> Api::endpoints(const http::Request& request, const http::Captures& captures) {
  auto address = parts_.home.own_address(captures.at(0));
  const auto records = co_await parts_.endpoints.of(std::move(address), signed_part(request));
  co_return json(200, {{"endpoints", records}});
}

}  // namespace pd::api
