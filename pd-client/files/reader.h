#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "files/descriptor.h"
#include "files/frame.h"
#include "files/poly1305.h"
#include "files/source.h"

namespace pd::files {

// Reads what is sent, from the disk into frames (FILE-9 … FILE-12). Blocks; one thread at a time.
class Reader {
 public:
  // Frames to send, in order.
  struct Batch {
    std::string frames;
    std::uint64_t bytes = 0;          // of files, in the frames
    std::vector<std::string> failed;  // for people: what was not sent, and why
    bool last = false;                // nothing follows
  };

  Reader(TransferNumber transfer, std::vector<Source> sources);

  // Fails when the receiver has no such place to go on from (FILE-8). On any thread.
  identity::Result<void> check(const Accept& accept) const;

  // Goes on where the receiver says, after the part of the file that it has has proved to be the same (FILE-9).
  // Requires that check() likes it.
  void seek(const Accept& accept);

  // The next frames, with at most `most` bytes of files. Requires seek(), and `most` > 0.
  Batch next(std::uint64_t most);

  const std::vector<Source>& sources() const { return sources_; }

 private:
  const Source& current() const { return sources_[at_]; }
  void open();
  void skip_directories();
  void begin(Batch& batch, std::uint64_t offset);
  void read(Batch& batch, std::uint64_t most);
  void finish(Batch& batch);
  void fail(Batch& batch, const std::string& error, const std::string& why);
  bool has_prefix(std::uint64_t size, const Poly1305::Tag& tag);
  bool unchanged() const;

  const TransferNumber transfer_;
  const std::vector<Source> sources_;
  std::size_t at_ = 0;
  Descriptor file_;  // of sources_[at_], when begun_ and it could be opened
  int error_ = 0;    // errno, when it could not
  bool begun_ = false;
  std::uint64_t offset_ = 0;
  std::uint64_t resume_at_ = 0;  // where the file begins that was sought
  std::optional<Poly1305> sum_;  // of what was read of the file; none before seek()
};

}  // namespace pd::files
