#include "files/transfer.h"

#include <exception>
#include <utility>

#include <boost/asio/post.hpp>

#include "files/trouble.h"
#include "session/text.h"

namespace pd::files {

using identity::Result;

namespace {

Cancel cancel_for(TransferNumber number, const std::exception& error) {
  const auto* const trouble = dynamic_cast<const Trouble*>(&error);
  return {number, trouble == nullptr ? "disk" : trouble->reason(), error.what()};
}

// What the other side is told of it: names and places on our disk are no business of theirs.
std::string public_words(const std::string& reason) {
  if (reason == "damaged") {
    return "a file has not arrived as it was sent";
  }
  return reason == "space" ? "there is not enough room on the disk" : "it cannot be written";
}

Result<void> not_accepted() {
  return identity::fail(identity::Reason::malformed, "FILE-12", "data of a transfer that was not accepted");
}

}  // namespace

Transfer::Transfer(std::shared_ptr<Reception> shared, session::Channel& channel, TransferNumber number,
                   std::vector<Entry> entries)
    : shared_(std::move(shared)),
      channel_(&channel),
      number_(number),
      sender_(channel.peer()),
      entries_(std::move(entries)) {}

Transfer::~Transfer() = default;

void Transfer::accept(const std::filesystem::path& folder) {
  if (state_ != State::asked) {
    return;
  }
  state_ = State::opening;
  key_ = resume_key(sender_.address().text(), entries_);
  const auto writing = shared_->by_key.find(key_);
  if (const auto before = writing == shared_->by_key.end() ? nullptr : writing->second.lock()) {
    before->abandon();  // of a session that has not noticed yet that it is dead
  }
  shared_->by_key.insert_or_assign(key_, weak_from_this());
  shared_->disk.run([self = shared_from_this(), folder]() -> std::function<void()> {
    try {
      self->open(folder);
      const auto& writer = *self->writer_;
      return [self, next = writer.next(), offset = writer.offset(), there = writer.bytes_kept(),
              tag = writer.tag_so_far()] { self->opened(next, offset, there, tag); };
    } catch (const std::exception& error) {
      return [self, cancel = cancel_for(self->number_, error)] { self->stop(cancel); };
    }
  });
}

void Transfer::decline(const std::string& why) {
  if (state_ == State::asked) {
    tell(Cancel{number_, "declined", why});
    release();
  }
}

void Transfer::cancel(const std::string& why) {
  if (state_ == State::opening || state_ == State::running) {
    tell(Cancel{number_, "stopped", why});
    end("you have stopped it");
  }
}

// On the disk's thread.
void Transfer::open(const std::filesystem::path& folder) {
  folder_ = std::make_unique<Folder>(folder);
  writer_ = std::make_unique<Writer>(*folder_, sender_.address().text(), entries_, check_key_);
}

void Transfer::opened(std::size_t next, std::uint64_t offset, std::uint64_t there, const Poly1305::Tag& tag) {
  if (over()) {
    return;
  }
  state_ = State::running;
  next_ = next;
  order_.emplace(entries_, next, offset);
  tell(Accept{number_, next, offset, check_key_, offset > 0 ? std::optional(tag) : std::nullopt, order_->limit()});
  shared_->watcher.started(*this, there);
  if (next == entries_.size()) {
    shared_->watcher.finished(*this);
    release();
  }
}

Result<void> Transfer::take(FileFrame frame) {
  if (const auto* cancel = std::get_if<Cancel>(&frame)) {
    end(session::one_safe_line(cancel->message));
    return {};
  }
  if (!order_) {
    return std::holds_alternative<Data>(frame) ? not_accepted() : Result<void>();
  }
  Result<void> fine;
  if (const auto* begin = std::get_if<Begin>(&frame)) {
    fine = order_->begin(*begin);
  } else if (const auto* data = std::get_if<Data>(&frame)) {
    fine = order_->data(data->bytes().size());
  } else if (const auto* end_of_file = std::get_if<End>(&frame)) {
    fine = order_->end(*end_of_file);
  }
  if (fine) {
    queue_.push_back(std::move(frame));
    write_soon();
  }
  return fine;
}

// What comes at once goes to the disk at once: each job costs two changes of thread.
void Transfer::write_soon() {
  if (!std::exchange(scheduled_, true)) {
    boost::asio::post(channel_->executor(), [self = shared_from_this()] {
      self->scheduled_ = false;
      self->write();
    });
  }
}

// Gives the disk all that has come while it was busy.
void Transfer::write() {
  if (writing_ || over()) {
    return;
  }
  if (queue_.empty()) {
    if (channel_ == nullptr) {
      end("the session has ended");
    }
    return;
  }
  writing_ = true;
  auto frames = std::make_shared<std::vector<FileFrame>>(std::exchange(queue_, {}));
  shared_->disk.run([self = shared_from_this(), frames]() -> std::function<void()> {
    return [self, what = self->write_all(std::move(*frames))] { self->written(what); };
  });
}

// On the disk's thread.
Transfer::Written Transfer::write_all(std::vector<FileFrame> frames) {
  Written what;
  try {
    for (const auto& frame : frames) {
      const auto before = writer_->next();
      if (const auto* data = std::get_if<Data>(&frame)) {
        writer_->write(data->bytes());
        what.bytes += data->bytes().size();
      } else if (const auto* begin = std::get_if<Begin>(&frame)) {
        writer_->begin(begin->offset);
      } else if (const auto* end_of_file = std::get_if<End>(&frame)) {
        end_of_file->error.empty() ? writer_->finish(end_of_file->tag) : writer_->skip();
      }
      for (auto entry = before; entry < writer_->next(); ++entry) {
        what.placed.push_back(writer_->placed_at(entry));
      }
    }
  } catch (const std::exception& error) {
    what.trouble = cancel_for(number_, error);
  }
  return what;
}

void Transfer::written(const Written& what) {
  writing_ = false;
  if (over()) {
    return;
  }
  shared_->watcher.written(*this, what.bytes);
  for (const auto& path : what.placed) {
    shared_->watcher.placed(*this, next_++, path.value_or(""));
  }
  if (!what.placed.empty()) {
    tell(ReceivedUpTo{number_, next_});
  }
  if (const auto limit = order_->written(what.bytes); limit > 0) {
    tell(Credit{number_, limit});
  }
  if (what.trouble) {
    stop(*what.trouble);
  } else if (next_ == entries_.size()) {
    shared_->watcher.finished(*this);
    release();
  } else {
    write();
  }
}

void Transfer::tell(const FileFrame& frame) {
  if (channel_ != nullptr) {
    channel_->send(encode(frame));
  }
}

void Transfer::stop(const Cancel& why) {
  if (!over()) {
    tell(Cancel{number_, why.reason, public_words(why.reason)});
    end(why.message);
  }
}

void Transfer::end(const std::string& message) {
  if (!over()) {
    release();
    shared_->watcher.stopped(*this, message);
  }
}

void Transfer::abandon() {
  end("they have begun anew");
}

void Transfer::close() {
  channel_ = nullptr;
  if (state_ != State::running) {
    end("the session has ended");
  } else {
    write();
  }
}

// It is over: makes room for another, and lets go of the files, after what the disk is doing now.
void Transfer::release() {
  state_ = State::over;
  queue_.clear();
  shared_->by_key.erase(key_);
  shared_->places.leave(sender_.address().text());
  shared_->disk.run([self = shared_from_this()]() -> std::function<void()> {
    self->writer_.reset();
    self->folder_.reset();
    return [] {};
  });
}

}  // namespace pd::files
