#include "files/pipe.h"

#include <algorithm>
#include <utility>

#include "directory/failure.h"
#include "session/channel.h"

namespace pd::files {

using identity::fail;
using identity::Reason;
using identity::Result;

namespace {

constexpr std::string_view nothing = "{}";

// Where a pipe is joined already.
class NoPipe final : public session::Extension {
 public:
  Result<void> receive(std::uint8_t, std::string) override { return {}; }
  void supply() override {}
  void close() override {}
};

class Piping final : public session::Extension, public std::enable_shared_from_this<Piping> {
 public:
  Piping(session::Channel& channel, Disk& disk, PipeEnds& ends) : channel_(&channel), disk_(disk), ends_(ends) {}

  void begin() {
    channel_->send(encode_pipe(Type::pipe_credit, encode_limit(limit_)));
    ends_.begun(*channel_);
  }

  Result<void> receive(std::uint8_t type, std::string payload) override {
    switch (static_cast<Type>(type)) {
      case Type::pipe_data:
        return take(std::move(payload));
      case Type::pipe_credit: {
        const auto limit = read_limit(payload);
        if (!limit) {
          return tl::unexpected(limit.error());
        }
        allowed_ = std::max(allowed_, *limit);
        return {};  // supply() follows
      }
      case Type::pipe_end:
        if (std::exchange(their_end_, true)) {
          return fail(Reason::malformed, "FILE-19", "a second end");
        }
        write();
        return {};
      default:
        if (!ended_ || std::exchange(all_written_there_, true)) {
          return fail(Reason::malformed, "FILE-19", "done before the end, or twice");
        }
        finish_if_all();
        return {};
    }
  }

  void supply() override {
    while (channel_ != nullptr && channel_->room() && !ended_) {
      const auto most = std::min<std::uint64_t>(session::max_payload_bytes, allowed_ - sent_);
      const auto bytes = ends_.take(most);
      if (!bytes.empty()) {
        sent_ += bytes.size();
        channel_->send(encode_pipe(Type::pipe_data, bytes));
      } else if (ends_.input_ended()) {
        ended_ = true;
        channel_->send(encode_pipe(Type::pipe_end, nothing));
      } else {
        return;
      }
    }
  }

  void close() override {
    channel_ = nullptr;
    end("the session ended before the pipe did");
  }

 private:
  Result<void> take(std::string bytes) {
    if (their_end_ || bytes.size() > limit_ - came_) {
      return fail(Reason::malformed, "FILE-18", "more than the limit allows, or after the end");
    }
    came_ += bytes.size();
    waiting_ += bytes;
    write();
    return {};
  }

  // One job at a time; all that came meanwhile is the next.
  void write() {
    if (writing_) {
      return;
    }
    if (waiting_.empty()) {
      return end_output();
    }
    writing_ = true;
    disk_.run([self = shared_from_this(),
               bytes = std::make_shared<std::string>(std::exchange(waiting_, {}))]() -> std::function<void()> {
      const bool fine = self->ends_.write(*bytes);
      return [self, fine, size = bytes->size()] { self->has_written(fine, size); };
    });
  }

  void has_written(bool fine, std::size_t size) {
    writing_ = false;
    written_ += size;
    if (!fine) {
      if (channel_ != nullptr) {
        channel_->leave(session::Farewell::done);
      }
      return end("nobody reads the output any more");
    }
    if (channel_ != nullptr && written_ + ahead_of_output - limit_ >= ahead_of_output / 4) {
      limit_ = written_ + ahead_of_output;
      channel_->send(encode_pipe(Type::pipe_credit, encode_limit(limit_)));
    }
    write();
  }

  void end_output() {
    if (!their_end_ || std::exchange(output_ended_, true)) {
      return;
    }
    disk_.run([self = shared_from_this()]() -> std::function<void()> {
      self->ends_.end();
      return [self] {
        if (self->channel_ != nullptr) {
          self->channel_->send(encode_pipe(Type::pipe_done, nothing));
        }
        self->all_written_here_ = true;
        self->finish_if_all();
      };
    });
  }

  void finish_if_all() {
    if (all_written_here_ && all_written_there_) {
      end({});
    }
  }

  void end(const std::string& why) {
    if (!std::exchange(over_, true)) {
      ends_.over(why);
    }
  }

  session::Channel* channel_;
  Disk& disk_;
  PipeEnds& ends_;
  std::string waiting_;  // for the output
  bool writing_ = false;
  std::uint64_t came_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t limit_ = ahead_of_output;  // that they have
  std::uint64_t allowed_ = 0;              // by them
  std::uint64_t sent_ = 0;
  bool ended_ = false;      // our input
  bool their_end_ = false;  // theirs
  bool output_ended_ = false;
  bool all_written_here_ = false;
  bool all_written_there_ = false;
  bool over_ = false;
};

}  // namespace

std::shared_ptr<session::Extension> Pipe::start(session::Channel& channel) {
  if (std::exchange(taken_, true)) {
    channel.leave(session::Farewell::done);
    return std::make_shared<NoPipe>();
  }
  const auto piping = std::make_shared<Piping>(channel, disk_, ends_);
  piping->begin();
  return piping;
}

}  // namespace pd::files
