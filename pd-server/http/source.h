#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace pd::http {

// The body of an answer that has no end yet: it comes in pieces, when there are some. Belongs to one connection, which
// calls it on its own thread and destroys it when the stream is over, whoever ended it; once it has begun not later
// than the engine's stop() returns.
class Source {
 public:
  struct Piece {
    std::string bytes;  // empty: nothing now
    bool last = false;  // nothing comes after it
  };

  virtual ~Source() = default;

  // The stream begins; called once, before all others. It never begins for HEAD, or when the client is gone. The source
  // calls `wake`, on any thread and as often as it likes, when next() has something again: until it is destroyed, and
  // not afterwards. `wake` only posts: it may be called under a lock.
  virtual void begin(std::function<void()> wake) = 0;

  // What there is to send. Asked again and again until there is nothing. Neither this nor begin() throws.
  virtual Piece next() = 0;

  // Sent when nothing was for Limits::heartbeat, so that both sides know that the other is there.
  virtual std::string_view heartbeat() const = 0;
};

}  // namespace pd::http
