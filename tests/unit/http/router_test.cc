#include "http/router.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

namespace pd::http {
namespace {

using boost::asio::awaitable;

Handler says(std::string name) {
  return [name](const Request&, const Captures& captures) -> awaitable<Response> {
    std::string body = name;
    for (const auto& capture : captures)
      body += '|' + capture;
    co_return Response::of(200, "text/plain", body);
  };
}

Response dispatch(const Router& router, const std::string& method, const std::string& target) {
  Request request;
  request.method = method;
  request.target = target;
  boost::asio::io_context context;
  auto answer = boost::asio::co_spawn(context, router.dispatch(request), boost::asio::use_future);
  context.run();
  return answer.get();
}

const Router& router() {
  static const Router router({{"GET", "/", says("root")},
                              {"GET", "/v1/identities/{address}", says("resolve")},
                              {"PUT", "/v1/identities/{address}", says("append")},
                              {"GET", "/v1/identities/{address}/endpoints", says("endpoints")},
                              {"PUT", "/v1/identities/{address}/endpoints/{device}", says("endpoint")},
                              {"POST", "/v1/challenges", says("challenge")}},
                             says("none"), says("wrong"));
  return router;
}

std::string body(const std::string& method, const std::string& target) {
  return *dispatch(router(), method, target).body;
}

TEST(Router, FindsByMethodAndPattern) {
  EXPECT_EQ(body("GET", "/"), "root");
  EXPECT_EQ(body("GET", "/v1/identities/olivier%40example.org"), "resolve|olivier@example.org");
  EXPECT_EQ(body("PUT", "/v1/identities/olivier@example.org"), "append|olivier@example.org");
  EXPECT_EQ(body("PUT", "/v1/identities/a@b/endpoints/lap%20top?x=/y"), "endpoint|a@b|lap top");
  EXPECT_EQ(body("HEAD", "/v1/identities/a"), "resolve|a");
  EXPECT_EQ(body("GET", "/?q=1"), "root");
}

TEST(Router, AnEscapedSlashIsPartOfTheName) {
  EXPECT_EQ(body("GET", "/v1/identities/a%2Fendpoints"), "resolve|a/endpoints");
  EXPECT_EQ(body("GET", "/v1%2Fidentities/a"), "none");
}

TEST(Router, AnEmptyOrExtraSegmentMatchesNothing) {
  for (const char* path : {"/v1/identities/", "/v1/identities", "/v1/identities/a/", "//", "/v1//identities/a",
                           "/v1/identities/a/../b", "/V1/identities/a", "*", ""}) {
    EXPECT_EQ(body("GET", path), path[0] == '\0' ? "root" : "none") << path;
  }
}

TEST(Router, AnotherMethodIsToldWhichAreAllowed) {
  const Response response = dispatch(router(), "DELETE", "/v1/identities/a");
  EXPECT_EQ(*response.body, "wrong");
  EXPECT_EQ(response.headers.back(), Header("Allow", "GET, HEAD, PUT"));
  EXPECT_EQ(dispatch(router(), "GET", "/v1/challenges").headers.back(), Header("Allow", "POST"));
}

TEST(Request, FindsHeaders) {
  Request request;
  request.headers = {{"a", "1"}, {"b", "3"}, {"a", "2"}};
  EXPECT_EQ(request.header("a"), "1");
  EXPECT_EQ(request.last_header("a"), "2");
  EXPECT_EQ(request.header("c"), "");
  EXPECT_EQ(request.last_header("c"), "");
}

}  // namespace
}  // namespace pd::http
