#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../service/world.h"
#include "api/api.h"
#include "identity/json.h"
#include "service/health.h"

namespace pd::api::testing {

using identity::Json;
using service::testing::Somebody;

inline std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

inline Json json(const http::Response& response) {
  return Json::parse(response.body ? *response.body : "null");
}

// "urn:pd:problem:NAME" without the prefix; empty when the answer is no problem.
inline std::string problem(const http::Response& response) {
  if (header(response, "Content-Type") != "application/problem+json") return {};
  const auto body = json(response);
  EXPECT_EQ(body["status"], response.status);
  EXPECT_FALSE(body["title"].get<std::string>().empty());
  return body["type"].get<std::string>().substr(std::string("urn:pd:problem:").size());
}

// The whole API over real services, without sockets.
class ApiTest : public service::testing::ServiceTest {
 protected:
  ApiTest() { serve({.rate_address = {1000, 10'000}}); }

  void serve(Settings settings) {
    health_ = std::make_unique<service::Health>(*store_, [this] { return now_; });
    api_ = std::make_unique<Api>(Parts{*home_, *directory_, *registration_, *endpoints_, *signals_, *authentication_,
                                       *challenges_, *health_, metrics_, log_, [this] { return steady_; }},
                                 settings);
    router_ = api_->router();
  }

  http::Request request(std::string method, std::string target, std::vector<http::Header> headers = {},
                        std::string body = {}) {
    http::Request request;
    request.method = std::move(method);
    request.path = target.substr(0, target.find('?'));
    request.target = std::move(target);
    request.headers = std::move(headers);
    const auto is_host = [](const auto& header) { return header.first == "host"; };
    if (std::none_of(request.headers.begin(), request.headers.end(), is_host)) {
      request.headers.emplace_back("host", "example.org");
    }
    request.body = std::move(body);
    request.peer = boost::asio::ip::make_address("192.0.2.1");
    return request;
  }
  http::Response send(const http::Request& request) { return run(router_->dispatch(request)); }
  http::Response get(std::string target, std::vector<http::Header> headers = {}) {
    return send(request("GET", std::move(target), std::move(headers)));
  }

  // Adds the signature of a user to a request.
  http::Request by(http::Request request, const identity::PrivateKey& signer,
                   std::string origin = "https://example.org") {
    const identity::HttpRequest signed_part{request.method, origin + request.target, request.body, request.headers};
    const identity::SignatureParameters parameters{signer.public_key().id(), now_, challenges_->issue(now_).text,
                                                   std::string(identity::tag_user)};
    for (auto& added : identity::sign_request(signed_part, signer, parameters))
      request.headers.push_back(std::move(added));
    return request;
  }
  http::Request put(const identity::Operation& operation) {
    return request("PUT", "/v1/identities/" + operation.body().state.address.text(),
                   {{"content-type", "application/jose"}}, operation.text());
  }

  ops::Log log_{ops::LogFormat::text, ops::Level::error};
  std::unique_ptr<service::Health> health_;
  std::unique_ptr<Api> api_;
  std::shared_ptr<const http::Router> router_;
  Somebody olivier{"olivier@example.org", now_};
};

}  // namespace pd::api::testing
