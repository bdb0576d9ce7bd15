#include <array>

#include "admin/command_list.h"

namespace pd::admin {

std::span<const Command> commands() {
  static constexpr std::array<Command, 8> all{{
      {"user", "list, show and remove people, reserve names", user},
      {"invite", "create, list and revoke invitations", invite},
      {"policy", "try the trust policy", policy},
      {"community", "make and sign a community's list of domains", community},
      {"backup", "write a backup, also while the server runs", backup},
      {"restore", "make a data directory from a backup", restore},
      {"domain-key", "show, make and rotate the domain's key", domain_key},
      {"config", "print and check the server's configuration", config},
  }};
  return all;
}

}  // namespace pd::admin
