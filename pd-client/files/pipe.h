#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "files/disk.h"
#include "files/frame.h"
#include "session/feature.h"

namespace pd::files {

inline constexpr std::uint64_t ahead_of_output = 1024 * 1024;  // FILE-18

// The ends of a pipe on this machine. On the thread of the io_context, but for write() and end(), which run on the
// disk's.
class PipeEnds {
 public:
  virtual ~PipeEnds() = default;
  // Takes up to `most` bytes of the input that are there now; Channel::resupply() is called when there are more.
  virtual std::string take(std::size_t most) = 0;
  // Everything was taken, and no more will come.
  virtual bool input_ended() const = 0;

  // Writes all of it to the output, and may block. False when nobody reads it any more.
  virtual bool write(const std::string& bytes) = 0;
  // The output ends.
  virtual void end() = 0;

  // A pipe has begun: the channel is there until over().
  virtual void begun(session::Channel& channel) = 0;
  // Both directions have ended, and all was written out; or, with a reason, they were cut.
  virtual void over(const std::string& why) = 0;
};

// One pipe, in the first session that opens; a later one is told that it is taken.
class Pipe final : public session::Feature {
 public:
  // Both outlive the channels.
  Pipe(Disk& disk, PipeEnds& ends) : disk_(disk), ends_(ends) {}

  session::FeatureTypes types() const override { return pipe_feature(); }
  std::shared_ptr<session::Extension> start(session::Channel& channel) override;
  bool taken() const { return taken_; }

 private:
  Disk& disk_;
  PipeEnds& ends_;
  bool taken_ = false;
};

}  // namespace pd::files
