#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "directory/peer.h"
#include "files/disk.h"
#include "files/entry.h"
#include "files/frame.h"
#include "session/feature.h"

namespace pd::files {

// An offer, and the transfer that becomes of it. On the thread of the io_context.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual const directory::VerifiedPeer& sender() const = 0;
  virtual const std::vector<Entry>& entries() const = 0;
  // What its owner decides: once, when they like, as long as the delivery is not over. Does nothing after that. What is
  // accepted goes into `folder`, which is made when it is missing.
  virtual void accept(const std::filesystem::path& folder) = 0;
  virtual void decline(const std::string& why) = 0;
  // Stops one that was accepted; what has come of it is kept (FILE-17).
  virtual void cancel(const std::string& why) = 0;
};

// Told what is offered and how it goes, on the thread of the io_context.
class DeliveryWatcher {
 public:
  virtual ~DeliveryWatcher() = default;
  // May decide at once.
  virtual void offered(const std::shared_ptr<Delivery>& delivery) = 0;
  // It has begun, or is continued, with so many bytes that are there already.
  virtual void started(const Delivery& delivery, std::uint64_t bytes_there) = 0;
  virtual void written(const Delivery& delivery, std::uint64_t bytes) = 0;  // more
  // A file or directory has its name, below the folder; nothing when the sender could not send it.
  virtual void placed(const Delivery& delivery, std::size_t entry, const std::string& path) = 0;
  virtual void finished(const Delivery& delivery) = 0;
  // Before it was decided on, or in the middle. `message` is one safe line, and may be the other side's.
  virtual void stopped(const Delivery& delivery, const std::string& message) = 0;
};

// Receives files, in all sessions of this process.
class Receiver final : public session::Feature {
 public:
  // Both outlive the channels.
  Receiver(Disk& disk, DeliveryWatcher& watcher);

  session::FeatureTypes types() const override { return files_feature(); }
  std::shared_ptr<session::Extension> start(session::Channel& channel) override;

 private:
  std::shared_ptr<struct Reception> shared_;
};

}  // namespace pd::files
