#include "http/router.h"

#include <algorithm>
#include <optional>

#include "http/uri.h"

namespace pd::http {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_capture(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

// What the captures matched, or none.
std::optional<Captures> match(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  Captures captures;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!is_capture(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
      continue;
    }
    auto value = percent_decode(path[i]);
    if (!value || value->empty()) return std::nullopt;
    captures.push_back(std::move(*value));
  }
  return captures;
}

void allow(std::string& list, std::string_view method) {
  list += list.empty() ? "" : ", ";
  list += method;
  if (method == "GET") list += ", HEAD";
}

}  // namespace

Router::Router(std::vector<Route> routes, Handler not_found, Handler wrong_method)
    : not_found_(std::move(not_found)), wrong_method_(std::move(wrong_method)) {
  for (Route& route : routes) {
    const auto segments = split(route.pattern);
    routes_.push_back({std::move(route.method), {segments.begin(), segments.end()}, std::move(route.handler)});
  }
}

boost::asio::awaitable<Response> Router::dispatch(const Request& request) const {
  const auto path = split(std::string_view(request.target).substr(0, request.target.find('?')));
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string allowed;
  for (const Compiled& route : routes_) {
    const auto captures = match(route.segments, path);
    if (!captures) continue;
    if (route.method == method) co_return co_await route.handler(request, *captures);
    allow(allowed, route.method);
  }
  const Captures none;
  if (allowed.empty()) co_return co_await not_found_(request, none);
  Response response = co_await wrong_method_(request, none);
  response.headers.emplace_back("Allow", std::move(allowed));
  co_return response;
}

}  // namespace pd::http
