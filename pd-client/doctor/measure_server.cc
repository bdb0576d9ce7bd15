#include <ctime>
#include <utility>

#include "directory/client.h"
#include "doctor/measure.h"

namespace pd::doctor {

using directory::Failure;
using directory::HttpAnswer;
using directory::HttpExchange;
using directory::Origin;
using identity::Time;

namespace {

// The Date header in the one form that servers may write (RFC 9110, section 5.6.7).
std::optional<Time> date_of(const HttpAnswer& answer) {
  const std::string text(answer.header("date"));
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return {};
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

HttpAnswer get(const directory::Transport& transport, const Origin& origin, std::string path,
               std::optional<directory::ServiceTarget> service) {
  return transport.send(origin, HttpExchange{"GET", std::move(path), {}, {}, {}, std::move(service)});
}

void compare(ServerState& state, const HttpAnswer& answer) {
  state.certificate_expires = answer.certificate_expires;
  if (const auto theirs = date_of(answer)) state.ahead = state.now - *theirs;
}

// Of a descriptor that is not accepted: a wrong clock may be why.
void compare_clocks(ServerState& state, const directory::Transport& transport) {
  try {
    compare(state, get(transport, {state.domain.text()}, "/.well-known/pd", {}));
  } catch (const Failure&) {  // what was said first stands
  }
}

}  // namespace

ServerState measure_server(const directory::Transport& transport, const identity::Domain& domain,
                           const directory::Clock& clock) {
  ServerState state{domain, clock(), {}, {}, {}, {}, false, {}};
  try {
    const auto found = directory::fetch_descriptor(transport, domain, state.now);
    state.descriptor_expires = found.descriptor.body().expires;
    state.stun = found.descriptor.stun();
    const auto api = Origin::parse(found.descriptor.body().api);
    const bool at_domain = api.host == domain.text() && api.port == 443;  // FED-5
    const auto answer = get(transport, api, "/readyz", at_domain ? found.service : std::nullopt);
    state.now = clock();
    state.ready = answer.status == 200;
    compare(state, answer);
  } catch (const Failure& failure) {
    state.failure = failure;
    if (failure.kind() == directory::Kind::unverified) compare_clocks(state, transport);
  }
  return state;
}

}  // namespace pd::doctor
