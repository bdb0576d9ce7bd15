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

// Before anything is done whose words go there: fails when no new file can be made at `file`. With `again` the same
// words may be in it already.
void require_place(const std::optional<std::filesystem::path>& file, bool again);

// The recovery key from its words: in `file` when given, else asked on the terminal.
identity::PrivateKey read_recovery_key(const std::optional<std::filesystem::path>& file);

}  // namespace pd::command
