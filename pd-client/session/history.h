#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/database.h"
#include "identity/address.h"
#include "identity/time.h"
#include "session/frame.h"

namespace pd::session {

enum class Delivery {
  pending,    // ours, stored here, never sent
  sent,       // ours, on its way or lost
  delivered,  // ours, and the other side has stored it
  received,   // theirs
};

// One message as it is kept.
struct Entry {
  std::int64_t seq;  // grows with every message stored in this history
  std::string peer;  // address of the other person
  Delivery delivery;
  Message message;
};

// What waits for one person.
struct Outbox {
  identity::Address peer;
  std::size_t waiting;  // messages
};

// What there is with one person.
struct Conversation {
  identity::Address peer;
  std::size_t unread;   // of their messages
  std::size_t waiting;  // of ours
  Entry last;
};

// history.db: every message of this person, and the outbox. What a function has done is durable when it returns. One
// thread at a time; several processes may share the file. Every function throws directory::Failure when the disk says
// no.
class History {
 public:
  explicit History(const std::filesystem::path& file);

  // Stores new messages to `peer` in this order (SESS-13), with fresh ids. The texts satisfy check_text().
  std::vector<Entry> write(const identity::Address& peer, std::span<const std::string> texts, identity::Time now);

  // Stores messages of `peer` in this order, and returns those that it did not have (SESS-17).
  std::vector<Message> receive(const identity::Address& peer, std::span<const Message> messages, identity::Time now);

  // Those of our messages to `peer` after `seq` that were never acknowledged, oldest first, at most `limit` (SESS-16).
  std::vector<Entry> undelivered(const identity::Address& peer, std::int64_t after, std::size_t limit);
  std::size_t count_undelivered(const identity::Address& peer);
  bool wrote_to(const identity::Address& peer);  // ever

  void mark_sent(const identity::Address& peer, std::span<const std::string> ids);
  // Returns those that were not delivered before.
  std::vector<std::string> mark_delivered(const identity::Address& peer, std::span<const std::string> ids);

  // The newest `limit` messages with `peer`, oldest first; with `words` only those that contain them, letter case of
  // ASCII aside.
  std::vector<Entry> newest(const identity::Address& peer, std::size_t limit, std::string_view words = {});

  // The newest `limit` messages with `peer` whose seq is below `before`, oldest first.
  std::vector<Entry> before(const identity::Address& peer, std::int64_t before, std::size_t limit);
  // A message of `peer`, which is there.
  Entry received(const identity::Address& peer, std::string_view id);

  // Everybody for whom something was never acknowledged.
  std::vector<Outbox> outboxes();

  // The `limit` people whose last messages are the newest, the newest first.
  std::vector<Conversation> conversations(std::size_t limit);
  // What `peer` wrote and nobody has read.
  std::size_t count_unread(const identity::Address& peer);
  // What `peer` wrote up to `seq` was read; it never becomes unread again.
  void mark_read(const identity::Address& peer, std::int64_t through = std::numeric_limits<std::int64_t>::max());

 private:
  directory::Database database_;
};

}  // namespace pd::session
