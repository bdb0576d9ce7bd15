#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/state.h"

// What measurements mean. Pure: no socket, no clock.
namespace pd::doctor {

enum class Grade {
  good,
  limited,  // pdctl works, but reaches fewer people, or not for long
  bad,      // something does not work
};

// One thing that was looked at.
struct Finding {
  std::string name;  // "NAT"; the same in every run
  Grade grade;
  std::string found;                               // for people
  std::string help = {};                           // what would help; empty where nothing is wrong, or nothing would
  std::vector<std::string> details = {};           // each way that was tried, and why it failed
  directory::Kind kind = directory::Kind::failed;  // of what is bad
};
using Findings = std::vector<Finding>;

std::string_view name(Grade grade);  // "good", "limited", "bad"

// Server, certificate, descriptor and clock. Of a server that cannot be asked, what is known.
Findings judge(const ServerState& server);
// Addresses, IPv6, STUN, UDP, NAT, mapped address and port mapping.
Findings judge(const NetworkState& network);
Findings judge(const OwnState& own);
// What the directory says of them, and whether they were reached.
Findings judge(const PeerState& peer);

// The exit status: 0 unless something is bad, else that of the first bad finding.
int status_of(const Findings& findings);

}  // namespace pd::doctor
