#include "command/listening.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/asio/ip/address.hpp>

#include "connect/local_addresses.h"
#include "directory/failure.h"

namespace pd::command {

using directory::Failure;
using directory::Kind;

namespace {

// For CLI11: what is wrong with the value, or nothing.
std::string check_ip(const std::string& text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  return error ? "takes an IP address of this machine, not " + text : "";
}

}  // namespace

void declare_publishing(CLI::App& app, ListenOptions& options) {
  app.add_flag("--publish", options.publish,
               "tell everybody who asks your server where this machine is, so that they need not call first");
  app.add_option("--port", options.port, "publish this TCP port (default: any that is free)")
      ->type_name("N")
      ->check(CLI::Range(1U, 65'535U));
  app.add_option("--bind", options.bind, "publish this address alone, and listen on no other")
      ->type_name("IP")
      ->check(check_ip);
  app.add_option("--endpoint", options.endpoints,
                 "publish this instead of the machine's own addresses; may be repeated")
      ->type_name("IP:PORT")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void declare_listening(CLI::App& app, ListenOptions& options) {
  declare_publishing(app, options);
  app.add_option("--accept", options.accept,
                 "who may talk to you: contacts, ask or anyone (default: as pdctl contacts policy says)")
      ->type_name("WHO")
      ->check(CLI::IsMember({"contacts", "ask", "anyone"}));
}

Endpoints parse_endpoints(const std::vector<std::string>& texts) {
  Endpoints endpoints;
  for (const auto& text : texts) {
    auto endpoint = directory::require(identity::TcpEndpoint::parse(text), Kind::usage, "--endpoint " + text);
    if (std::find(endpoints.begin(), endpoints.end(), endpoint) != endpoints.end()) {
      throw Failure(Kind::usage, "--endpoint " + text + " is given twice");
    }
    endpoints.push_back(std::move(endpoint));
  }
  if (endpoints.size() > identity::max_endpoints) {
    throw Failure(Kind::usage, "at most 8 endpoints can be published");
  }
  return endpoints;
}

connect::Listener open_listener(const boost::asio::any_io_executor& executor, const connect::Credentials& self,
                                const ListenOptions& options) {
  try {
    return connect::Listener(executor, self, options.bind, options.port);
  } catch (const boost::system::system_error& error) {
    throw Failure(Kind::failed, "cannot listen: " + error.code().message(), "try another --port or --bind");
  }
}

Endpoints reachable(const connect::Listener& listener, const Endpoints& given) {
  if (!given.empty()) {
    return given;
  }
  const auto local = listener.local();
  if (!local.address().is_unspecified()) {
    return {directory::require(identity::TcpEndpoint::parse(connect::text_of(local)), Kind::usage, "--bind")};
  }
  return connect::local_endpoints(local.port());
}

session::Gatekeeper open_gatekeeper(Context& context, session::History& history, const ListenOptions& options) {
  return {context.contacts(), history, directory::parse_contact_policy(options.accept), context.clock()};
}

session::Switchboard::Admit admitted_by(session::Gatekeeper& gatekeeper,
                                        std::function<void(const directory::VerifiedPeer&)> asked) {
  return [&gatekeeper, asked = std::move(asked)](const directory::VerifiedPeer& peer) -> std::optional<std::string> {
    switch (gatekeeper.judge(peer)) {
      case directory::Verdict::let_in:
        return {};
      case directory::Verdict::ask:
        asked(peer);
        return "";
      case directory::Verdict::ignore:
        break;
    }
    return "you do not let them in (pdctl contacts)";
  };
}

}  // namespace pd::command
