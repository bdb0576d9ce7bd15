#include "api/origins.h"

#include <boost/beast/core/string.hpp>

namespace pd::api {
namespace {

constexpr std::string_view scheme = "https://";

bool same(std::string_view host, std::string_view ours) {
  if (constexpr std::string_view port = ":443"; host.ends_with(port) && !ours.ends_with(port)) {
    host.remove_suffix(port.size());
  }
  return boost::beast::iequals(host, ours);
}

}  // namespace

Origins::Origins(const identity::Domain& domain, const std::string& api)
    : domain_(std::string(scheme) + domain.text()), api_(api) {}

std::optional<std::string> Origins::of(std::string_view host) const {
  for (const auto* origin : {&api_, &domain_}) {
    if (same(host, std::string_view(*origin).substr(scheme.size()))) return *origin;
  }
  return std::nullopt;
}

}  // namespace pd::api
