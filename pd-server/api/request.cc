#include "api/request.h"

#include <algorithm>
#include <utility>

#include <boost/beast/core/string.hpp>

#include "api/problem.h"
#include "http/uri.h"

namespace pd::api {
namespace {

constexpr std::size_t most_values = 32;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string decoded(std::string_view text) {
  auto plain = http::percent_decode(text);
  if (!plain) {
    throw Rejected(Problem("malformed", "The query is not percent-encoded correctly."));
  }
  return std::move(*plain);
}

}  // namespace

void require_type(const http::Request& request, std::string_view type) {
  const std::string_view given = request.header("content-type");
  if (boost::beast::iequals(trimmed(given.substr(0, given.find(';'))), type)) return;
  throw Rejected(Problem("wrong-content-type", "Content-Type must be " + std::string(type) + "."));
}

std::vector<std::string> query_values(const http::Request& request, std::string_view name) {
  std::vector<std::string> values;
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty() && values.size() < most_values) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (decoded(pair.substr(0, equals)) != name) continue;
    values.push_back(equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1)));
  }
  return values;
}

bool has_directive(const http::Request& request, std::string_view name) {
  std::string_view rest = request.header("cache-control");
  while (!rest.empty()) {
    const auto one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (boost::beast::iequals(trimmed(one), name)) return true;
  }
  return false;
}

bool none_match(const http::Request& request, std::string_view etag) {
  std::string_view rest = request.header("if-none-match");
  while (!rest.empty()) {
    std::string_view one = trimmed(rest.substr(0, rest.find(',')));
    rest.remove_prefix(
        std::min(rest.size(), rest.find(',') == std::string_view::npos ? rest.size() : rest.find(',') + 1));
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
  }
  return false;
}

}  // namespace pd::api
