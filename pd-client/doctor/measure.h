#pragma once

#include <boost/asio/awaitable.hpp>

#include "directory/transport.h"
#include "doctor/state.h"
#include "session/reach.h"

namespace pd::doctor {

// Asks the server of a domain for its descriptor, its readiness and its time. Blocks; bounded by the transport. What
// goes wrong becomes part of the state.
ServerState measure_server(const directory::Transport& transport, const identity::Domain& domain,
                           const directory::Clock& clock);

// Asks these STUN servers and, where the environment allows it, the router, which takes the mappings back before this
// returns. Blocks for some seconds at most where somebody is silent.
NetworkState measure_network(const std::vector<identity::StunServer>& stun);

// Reaches somebody as everything else does, and closes the link at once. What is thrown by `reach` is.
boost::asio::awaitable<Attempt> try_reaching(session::Reach& reach, directory::VerifiedPeer peer);

}  // namespace pd::doctor
