#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "files/disk.h"
#include "files/reader.h"
#include "session/channel.h"
#include "session/feature.h"

namespace pd::files {

// Told how the sending of one offer goes, on the thread of the io_context.
class SendingWatcher {
 public:
  virtual ~SendingWatcher() = default;
  virtual void offered() = 0;
  // They take it, and have so many bytes already.
  virtual void accepted(std::uint64_t bytes_there) = 0;
  virtual void sent(std::uint64_t bytes) = 0;                     // more, on their way
  virtual void not_sent(const std::string& what) = 0;             // a file, and why
  virtual void arrived(std::size_t first, std::size_t last) = 0;  // entries in [first, last) are on their disk
  virtual void finished() = 0;                                    // all that could be sent has arrived
  // They do not take it, or not all of it; `message` may hold text of the other side.
  virtual void cancelled(const std::string& reason, const std::string& message) = 0;
};

// Offers some files in every session that opens, until they have arrived. One offer at a time.
class Sender final : public session::Feature {
 public:
  // All of them outlive the channels.
  Sender(std::vector<Source> sources, Disk& disk, SendingWatcher& watcher);

  session::FeatureTypes types() const override { return files_feature(); }
  std::shared_ptr<session::Extension> start(session::Channel& channel) override;
  // Tells the receiver that its owner has stopped it.
  void cancel();

 private:
  std::vector<Source> sources_;
  Disk& disk_;
  SendingWatcher& watcher_;
  std::weak_ptr<class Sending> now_;
};

}  // namespace pd::files
