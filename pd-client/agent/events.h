#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/files.h"
#include "agent/rpc.h"
#include "directory/failure.h"
#include "directory/peer.h"
#include "identity/address.h"
#include "session/history.h"
#include "session/session.h"

namespace pd::agent {

// What happens in conversations, as it is told to the owner's programs (AGT-17).

// A message was stored: theirs, or the owner's own.
struct Stored {
  session::Entry entry;
};
struct Delivered {
  identity::Address with;
  std::vector<std::string> ids;
};
struct Connected {
  directory::VerifiedPeer peer;
  std::string endpoint;
};
struct Disconnected {
  identity::Address with;
  session::Ended how;
};
// They cannot be reached now, and it will be tried again.
struct Waiting {
  identity::Address with;
  std::string reason;
  std::size_t waiting;  // messages for them
};
// There is no use in trying soon again.
struct Failed {
  identity::Address with;
  directory::Failure failure;
};
// A stranger has called who is not let in until the owner accepts them (CON-6).
struct Asked {
  directory::VerifiedPeer peer;
  std::size_t unsaid;  // others since the last one that was told
};

// Somebody who was asked says that they are there (AGT-27).
struct SaidHere {
  identity::Address with;
};

// What happens to files that others send (AGT-26).

struct FilesOffered {
  Transfer transfer;
};
// It begins, or goes on.
struct FilesReceiving {
  Transfer transfer;
};
struct FilesProgress {
  Transfer transfer;
};
// One of them is in the folder of the transfer.
struct FilePlaced {
  std::uint64_t number;
  identity::Address with;
  std::string path;
  std::optional<std::uint64_t> size;  // nothing: it could not be sent
  std::size_t unsaid;                 // others since the last one that was told
};
struct FilesReceived {
  Transfer transfer;
  std::size_t missing;
};
struct FilesStopped {
  Transfer transfer;
  std::string reason;
};

using Event = std::variant<Stored, Delivered, Connected, Disconnected, Waiting, Failed, Asked, SaidHere, FilesOffered,
                           FilesReceiving, FilesProgress, FilePlaced, FilesReceived, FilesStopped>;

// A message as AGT-10 has it.
Json message_json(const session::Entry& entry, const identity::Address& self);

// A transfer as AGT-23 has it.
Json transfer_json(const Transfer& transfer);

Notification notification(const Event& event, const identity::Address& self);

}  // namespace pd::agent
