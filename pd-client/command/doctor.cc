#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "command/command.h"
#include "command/describe.h"
#include "command/trial.h"
#include "doctor/finding.h"
#include "doctor/measure.h"
#include "session/text.h"

namespace pd::command {
namespace {

using identity::Json;

struct Examination {
  doctor::ServerState server;
  doctor::NetworkState network;
  std::optional<doctor::OwnState> own;
  std::optional<doctor::PeerState> peer;
};

// Whose server is asked: the owner's, or where there is no account that of whom they would like to reach.
identity::Domain domain_asked(Context& context, const std::optional<identity::Address>& whom) {
  if (const auto account = context.home().account()) return account->address.domain();
  return whom ? whom->domain() : context.home().require_account().address.domain();
}

doctor::OwnState examine_own(Context& context, const identity::Address& address) {
  doctor::OwnState own{address, {}, false, false};
  try {
    const auto peer = context.lookup().require(address);
    own.active = standing(peer) == "active";
    own.device_listed = peer.identity().has_device(context.home().device_key().public_key());
  } catch (const directory::Failure& failure) {
    own.failure = failure;
  }
  return own;
}

doctor::PeerState examine_peer(Context& context, const identity::Address& address, std::optional<Trial>& trial) {
  doctor::PeerState state{address, {}, false, 0, false, false, directory::Trust::seen, {}};
  try {
    const auto peer = context.lookup().require(address);
    state.active = standing(peer) == "active";
    state.devices = peer.state().devices.size();
    state.confirmed = peer.confirmed();
    state.stale = peer.stale();
    state.trust = peer.trust();
    if (state.active && state.devices > 0 && context.home().account())
      state.attempt = trial.emplace(context).reach(peer);
  } catch (const directory::Failure& failure) {
    state.failure = failure;
  }
  return state;
}

Examination examine(Context& context, const std::optional<identity::Address>& whom, std::optional<Trial>& trial) {
  const auto domain = domain_asked(context, whom);
  Examination all{doctor::measure_server(context.transport(), domain, context.clock()), {}, {}, {}};
  all.network = doctor::measure_network(all.server.failure ? remembered_stun(context, domain) : all.server.stun);
  if (all.server.failure) return all;  // nobody can be looked up
  if (const auto account = context.home().account()) all.own = examine_own(context, account->address);
  if (whom) all.peer = examine_peer(context, *whom, trial);
  return all;
}

doctor::Findings judge(const Examination& all) {
  auto findings = doctor::judge(all.server);
  const auto add = [&findings](doctor::Findings more) {
    findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  if (all.own) add(doctor::judge(*all.own));
  add(doctor::judge(all.network));
  if (all.peer) add(doctor::judge(*all.peer));
  return findings;
}

template <class List>
Json texts(const List& list) {
  Json array = Json::array();
  for (const auto& each : list)
    array.push_back(each.text());
  return array;
}

Json json_of(const doctor::NetworkState& network) {
  Json json{{"addresses", texts(network.addresses)},
            {"stun", texts(network.stun)},
            {"mapped_udp", texts(network.seen_over_udp)},
            {"mapped_tcp", texts(network.seen_over_tcp)},
            {"nat", punch::name(network.nat)}};
  if (network.mapped_udp) json["forwarded_udp"] = network.mapped_udp->text();
  if (network.mapped_tcp) json["forwarded_tcp"] = network.mapped_tcp->text();
  return json;
}

Json json_of(const doctor::ServerState& server) {
  Json json{{"domain", server.domain.text()}, {"ready", server.ready}};
  if (server.certificate_expires) json["certificate_expires"] = time_text(*server.certificate_expires);
  if (server.descriptor_expires) json["descriptor_expires"] = time_text(*server.descriptor_expires);
  if (server.ahead) json["clock_ahead"] = server.ahead->count();
  return json;
}

Json json_of(const doctor::Findings& findings) {
  Json array = Json::array();
  for (const auto& each : findings) {
    Json json{{"name", each.name}, {"grade", doctor::name(each.grade)}, {"found", each.found}};
    if (!each.help.empty()) json["help"] = each.help;
    if (!each.details.empty()) json["tried"] = each.details;
    array.push_back(std::move(json));
  }
  return array;
}

char mark(doctor::Grade grade) {
  return grade == doctor::Grade::good ? ' ' : grade == doctor::Grade::limited ? '-' : '!';
}

void show(const doctor::Finding& finding) {
  const auto line = [](char sign, const std::string& name, const std::string& text) {
    std::cout << fmt::format("{} {:<15} {}\n", sign, name, session::one_safe_line(text));
  };
  line(mark(finding.grade), finding.name, finding.found);
  for (const auto& detail : finding.details)
    line(' ', "", detail);
  if (!finding.help.empty()) line(' ', "", "help: " + finding.help);
}

int run_doctor(Context& context, const std::string& address) {
  std::optional<identity::Address> whom;
  if (!address.empty()) whom = parse_address(address);
  std::optional<Trial> trial;  // none: nobody was to be reached
  const auto all = examine(context, whom, trial);
  const auto findings = judge(all);
  if (context.json()) {
    print({{"server", json_of(all.server)}, {"network", json_of(all.network)}, {"findings", json_of(findings)}});
  } else {
    for (const auto& finding : findings)
      show(finding);
  }
  const int status = doctor::status_of(findings);
  return trial ? trial->leave(status) : status;
}

}  // namespace

Run doctor(CLI::App& app) {
  auto address = std::make_shared<std::string>();
  app.add_option("ADDRESS", *address, "try to reach them, too, as chat does");
  app.footer("A line that begins with ! does not work, one that begins with - works for some.");
  return [address](Context& context) { return run_doctor(context, *address); };
}

}  // namespace pd::command
