#pragma once

#include <filesystem>
#include <optional>

#include "command/context.h"
#include "identity/json.h"
#include "identity/key.h"

namespace pd::command {

// Shows a new recovery key to its owner, once: into `file` when given, else as a member of `json` with --json, else as
// words on standard output, with a QR code where that is a terminal. Fails (usage) when there is another file of that
// name; it may be tried again.
void show_recovery_key(const Context& context, const identity::PrivateKey& key,
                       const std::optional<std::filesystem::path>& file, identity::Json& json);

// Fails when what was printed did not get through, so that the key is kept and can be shown again.
void require_shown();

// Fails (usage) when `file` is there already: a recovery key never overwrites anything.
void refuse_existing(const std::optional<std::filesystem::path>& file);

// The recovery key from its words: in `file` when given, else asked on the terminal.
identity::PrivateKey read_recovery_key(const std::optional<std::filesystem::path>& file);

}  // namespace pd::command
