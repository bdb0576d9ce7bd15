#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "http/message.h"

namespace pd::http {

// What the pattern's {names} matched, in order of appearance, percent-decoded.
using Captures = std::vector<std::string>;
using Handler = std::function<boost::asio::awaitable<Response>(const Request&, const Captures&)>;

struct Route {
  std::string method;   // "GET"; HEAD is answered by GET routes
  std::string pattern;  // "/v1/identities/{address}"
  Handler handler;
};

// Finds the handler of a request. Immutable once built; any thread.
//
// A pattern matches segment by segment, before decoding, so that a %2F in a name is part of the name. {name} matches
// one segment that is not empty. The first route that matches wins.
class Router {
 public:
  // `not_found` answers what no pattern matches; `wrong_method` what a pattern matches under other methods only (the
  // router adds Allow).
  Router(std::vector<Route> routes, Handler not_found, Handler wrong_method);

  // Completes with what the handler answers; throws what it throws. `request` must live until then.
  boost::asio::awaitable<Response> dispatch(const Request& request) const;

 private:
  struct Compiled {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };

  std::vector<Compiled> routes_;
  Handler not_found_;
  Handler wrong_method_;
};

}  // namespace pd::http
