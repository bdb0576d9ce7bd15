#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "command/context.h"
#include "connect/listener.h"
#include "identity/endpoint.h"
#include "session/gatekeeper.h"
#include "session/switchboard.h"

namespace CLI {
class App;
}

namespace pd::command {

using Endpoints = std::vector<identity::TcpEndpoint>;

// As many threads as there may be callers to look up, so that a slow directory of one delays no other; one to
// publish, and one that holds the stream of events.
inline constexpr std::size_t listening_threads = 34;

// The owner is told of those who are not let in so often and no more: anybody can try.
inline constexpr int refusals_at_once = 10;
inline constexpr std::chrono::seconds refusals_again{10};

// How `listen`, `pipe --listen` and the agent take calls, as it is said on the command line.
struct ListenOptions {
  std::uint16_t port = 0;
  std::string bind;
  std::vector<std::string> endpoints;
  bool publish = false;
  std::string accept;  // empty: as the owner's policy says

  // Whether there is a port, and the directory tells everybody where it is; otherwise there are calls by signal alone.
  bool publishes() const { return publish || port != 0 || !bind.empty() || !endpoints.empty(); }
};

// --publish, --port, --bind and --endpoint.
void declare_publishing(CLI::App& app, ListenOptions& options);
// These, and --accept.
void declare_listening(CLI::App& app, ListenOptions& options);

// The values of --endpoint. Throws Failure (usage).
Endpoints parse_endpoints(const std::vector<std::string>& texts);

// Throws Failure.
connect::Listener open_listener(const boost::asio::any_io_executor& executor, const connect::Credentials& self,
                                const ListenOptions& options);

// Where we can be reached, as far as this machine can know; `given` on the command line, if anything was.
Endpoints reachable(const connect::Listener& listener, const Endpoints& given);

// Who is let in, by the owner's decisions and the policy of `options`. `context` and `history` outlive it. Throws
// Failure.
session::Gatekeeper open_gatekeeper(Context& context, session::History& history, const ListenOptions& options);

// As `gatekeeper` decides, which outlives it; `asked` is told of each stranger who has become a contact request.
session::Switchboard::Admit admitted_by(session::Gatekeeper& gatekeeper,
                                        std::function<void(const directory::VerifiedPeer&)> asked);

}  // namespace pd::command
