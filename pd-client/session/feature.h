#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "identity/result.h"
#include "session/feature_types.h"

namespace pd::session {

class Channel;

// What one feature does in one session, beside the messages. On the thread of the io_context; its channel owns it.
class Extension {
 public:
  virtual ~Extension() = default;

  // One of its frames has come. What it fails with ends the session (SESS-22); a directory::Failure that it throws does
  // too, without blaming the other side.
  virtual identity::Result<void> receive(std::uint8_t type, std::string payload) = 0;

  // There may be room for output: sends what there is by Channel::send(), as long as Channel::room().
  virtual void supply() = 0;

  // The session has ended: the channel must not be used any more.
  virtual void close() = 0;
};

// A feature that this side names in hello. Outlives every channel.
class Feature {
 public:
  virtual ~Feature() = default;
  virtual FeatureTypes types() const = 0;
  // A session has opened, and both sides have the feature. The channel lives until Extension::close().
  virtual std::shared_ptr<Extension> start(Channel& channel) = 0;
};

// What the hello of a side names that has these.
std::vector<FeatureTypes> types_of(const std::vector<Feature*>& features, bool with_chat);

}  // namespace pd::session
