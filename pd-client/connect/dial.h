#pragma once

#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "connect/limits.h"
#include "connect/link.h"
#include "connect/outcome.h"
#include "connect/tls_context.h"
#include "directory/peer.h"
#include "identity/endpoint.h"

namespace pd::connect {

// Dials `callee` at all of `endpoints`, each start a quarter of a second after the one before or as soon as that one
// has failed (RFC 8305 in small); the first that proves a device key of the callee wins, the others are closed.
//
// Fails with wrong_key when nobody proved one and somebody showed another certificate, or that one without its key:
// that is final (SESS-3);
// otherwise with unreachable, the message naming each endpoint and why. Runs on the executor of the calling coroutine,
// of one thread; may be cancelled (terminal), then throws operation_aborted.
boost::asio::awaitable<Outcome<std::unique_ptr<Link>>> dial(std::shared_ptr<const Credentials> self,
                                                            directory::VerifiedPeer callee,
                                                            std::vector<identity::TcpEndpoint> endpoints,
                                                            Limits limits = {});

}  // namespace pd::connect
