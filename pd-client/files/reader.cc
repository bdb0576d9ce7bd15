#include "files/reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "session/text.h"

namespace pd::files {

namespace {

constexpr std::size_t enough_frames = 512 * 1024;  // bytes of them in a batch, however small the files are
constexpr std::size_t prefix_bytes = 256 * 1024;   // read at once to be compared

// As ::read(), and again when a signal came.
ssize_t read_at(int file, char* into, std::size_t size, std::uint64_t offset) {
  for (;;) {
    const ssize_t got = ::pread(file, into, size, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) {
      return got;
    }
  }
}

}  // namespace

Reader::Reader(TransferNumber transfer, std::vector<Source> sources)
    : transfer_(transfer), sources_(std::move(sources)) {}

identity::Result<void> Reader::check(const Accept& accept) const {
  const bool over = accept.next == sources_.size();
  if (accept.next > sources_.size() || (over && accept.offset > 0) ||
      (!over && (sources_[accept.next].entry.directory || accept.offset > sources_[accept.next].entry.size))) {
    return identity::fail(identity::Reason::malformed, "FILE-8", "an accept that points nowhere");
  }
  return {};
}

void Reader::seek(const Accept& accept) {
  at_ = accept.next;
  begun_ = false;
  resume_at_ = 0;
  sum_.emplace(accept.key);
  if (accept.offset > 0) {
    open();
    resume_at_ = has_prefix(accept.offset, *accept.tag) ? accept.offset : 0;
  }
}

void Reader::open() {
  sum_->restart();
  offset_ = 0;
  file_ = Descriptor(::open(current().file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  error_ = file_ ? 0 : errno;
  if (file_) {
    ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }
}

bool Reader::has_prefix(std::uint64_t size, const Poly1305::Tag& tag) {
  std::string buffer(prefix_bytes, '\0');
  while (file_ && offset_ < size) {
    const auto want = std::min<std::uint64_t>(buffer.size(), size - offset_);
    const auto got = read_at(file_.get(), buffer.data(), want, offset_);
    if (got <= 0) {
      break;
    }
    sum_->add({buffer.data(), static_cast<std::size_t>(got)});
    offset_ += static_cast<std::uint64_t>(got);
  }
  return offset_ == size && sum_->so_far() == tag;
}

Reader::Batch Reader::next(std::uint64_t most) {
  Batch batch;
  while (batch.bytes < most && batch.frames.size() < enough_frames) {
    skip_directories();
    if (at_ == sources_.size()) {
      batch.last = true;
      break;
    }
    if (!begun_) {
      begin(batch, std::exchange(resume_at_, 0));
    } else if (!file_) {
      fail(batch, "unreadable", std::generic_category().message(error_));
    } else if (offset_ < current().entry.size) {
      read(batch, most - batch.bytes);
    } else {
      finish(batch);
    }
  }
  return batch;
}

void Reader::skip_directories() {
  while (at_ < sources_.size() && current().entry.directory) {
    ++at_;
  }
}

void Reader::begin(Batch& batch, std::uint64_t offset) {
  if (offset == 0) {
    open();
  }
  begun_ = true;
  batch.frames += encode(Begin{transfer_, at_, offset});
}

void Reader::read(Batch& batch, std::uint64_t most) {
  const auto want = std::min({std::uint64_t{max_data_bytes}, most, current().entry.size - offset_});
  const auto before = batch.frames.size();
  char* const into = append_data(batch.frames, transfer_, want);
  const auto got = read_at(file_.get(), into, want, offset_);
  if (got != static_cast<ssize_t>(want)) {  // a regular file gives all that it has
    const int error = errno;
    batch.frames.resize(before);
    fail(batch, got < 0 ? "unreadable" : "changed",
         got < 0 ? std::generic_category().message(error) : "it has become shorter");
    return;
  }
  sum_->add({into, want});
  offset_ += want;
  batch.bytes += want;
}

bool Reader::unchanged() const {
  struct stat now {};
  return ::fstat(file_.get(), &now) == 0 && S_ISREG(now.st_mode) &&
         static_cast<std::uint64_t>(now.st_size) == current().entry.size &&
         std::max<time_t>(0, now.st_mtime) == current().entry.modified.time_since_epoch().count();
}

void Reader::finish(Batch& batch) {
  if (!unchanged()) {
    return fail(batch, "changed", "it has changed since it was offered");
  }
  batch.frames += encode(End{transfer_, sum_->so_far(), {}});
  file_.reset();
  begun_ = false;
  ++at_;
}

void Reader::fail(Batch& batch, const std::string& error, const std::string& why) {
  batch.frames += encode(End{transfer_, {}, error});
  batch.failed.push_back(session::one_safe_line(current().file.string()) + ": " + why);
  file_.reset();
  begun_ = false;
  ++at_;
}

}  // namespace pd::files
