#pragma once

#include "admin/admin.h"

// Every command of this folder, one file each.
namespace pd::admin {

int user(const Context& context, std::span<const std::string> arguments);
int invite(const Context& context, std::span<const std::string> arguments);
int policy(const Context& context, std::span<const std::string> arguments);
int community(const Context& context, std::span<const std::string> arguments);
int backup(const Context& context, std::span<const std::string> arguments);
int restore(const Context& context, std::span<const std::string> arguments);
int domain_key(const Context& context, std::span<const std::string> arguments);
int config(const Context& context, std::span<const std::string> arguments);

}  // namespace pd::admin
