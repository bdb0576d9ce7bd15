#include "files/sending.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace pd::files {

using identity::Result;

namespace {

constexpr std::uint64_t batch_bytes = 256 * 1024;
constexpr std::size_t batches_ahead = 6;  // read and not sent

// FILE-2. There is one transfer a session.
TransferNumber number_in(const session::Channel& channel) {
  return channel.dials() ? 1 : 2;
}

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

identity::Result<void> out_of_turn() {
  return identity::fail(identity::Reason::malformed, "FILE-1", "a frame that only the sender sends");
}

}  // namespace

// The offer in one session.
class Sending final : public session::Extension, public std::enable_shared_from_this<Sending> {
 public:
  Sending(session::Channel& channel, Disk& disk, SendingWatcher& watcher, const std::vector<Source>& sources)
      : channel_(&channel),
        disk_(disk),
        watcher_(watcher),
        number_(number_in(channel)),
        reader_(std::make_shared<Reader>(number_, sources)) {}

  void offer() {
    channel_->send(encode_offer(number_, entries_of(reader_->sources())));
    watcher_.offered();
  }

  void cancel() {
    if (channel_ != nullptr && !over_) {
      over_ = true;
      channel_->send(encode(Cancel{number_, "stopped", "its sender has stopped it"}));
    }
  }

  Result<void> receive(std::uint8_t type, std::string payload) override {
    const auto frame = read_frame(type, std::move(payload));
    if (!frame) {
      return tl::unexpected(frame.error());
    }
    return std::visit(Overloaded{[this](const Accept& f) { return on(f); }, [this](const Credit& f) { return on(f); },
                                 [this](const ReceivedUpTo& f) { return on(f); },
                                 [this](const Cancel& f) { return on(f); }, [](const auto&) { return out_of_turn(); }},
                      *frame);
  }

  void supply() override {
    while (channel_ != nullptr && !over_ && !ready_.empty() && channel_->room()) {
      auto batch = std::move(ready_.front());
      ready_.pop_front();
      channel_->send(std::move(batch.frames));
      watcher_.sent(batch.bytes);
      for (const auto& what : batch.failed) {
        watcher_.not_sent(what);
      }
    }
    read_ahead();
  }

  void close() override { channel_ = nullptr; }

 private:
  Result<void> known(TransferNumber transfer) const {
    if (transfer != number_) {
      return identity::fail(identity::Reason::malformed, "FILE-2", "a transfer that was not offered");
    }
    return {};
  }

  Result<void> on(const Accept& accept) {
    if (auto fine = known(accept.transfer); !fine || over_) {
      return fine;
    }
    if (std::exchange(accepted_, true)) {
      return identity::fail(identity::Reason::malformed, "FILE-8", "a second accept");
    }
    if (auto fine = reader_->check(accept); !fine) {
      return fine;
    }
    const auto& sources = reader_->sources();
    limit_ = accept.limit;
    arrived_ = accept.next;
    watcher_.accepted(std::accumulate(sources.begin(), sources.begin() + static_cast<std::ptrdiff_t>(accept.next),
                                      accept.offset,
                                      [](std::uint64_t sum, const Source& source) { return sum + source.entry.size; }));
    disk_.run([self = shared_from_this(), reader = reader_, accept]() -> std::function<void()> {
      reader->seek(accept);
      return [self] { self->sought(); };
    });
    finish_if_all();
    return {};
  }

  Result<void> on(const Credit& credit) {
    limit_ = std::max(limit_, credit.limit);
    return known(credit.transfer);  // supply() follows
  }

  Result<void> on(const ReceivedUpTo& received) {
    if (auto fine = known(received.transfer); !fine || over_) {
      return fine;
    }
    if (!accepted_ || received.next > reader_->sources().size() || received.next < arrived_) {
      return identity::fail(identity::Reason::malformed, "FILE-13", "a received that points nowhere");
    }
    watcher_.arrived(std::exchange(arrived_, received.next), received.next);
    finish_if_all();
    return {};
  }

  Result<void> on(const Cancel& cancel) {
    if (auto fine = known(cancel.transfer); !fine || over_) {
      return fine;
    }
    over_ = true;
    ready_.clear();
    watcher_.cancelled(cancel.reason, cancel.message);
    return {};
  }

  void finish_if_all() {
    if (arrived_ == reader_->sources().size() && !std::exchange(over_, true)) {
      watcher_.finished();
    }
  }

  void sought() {
    sought_ = true;
    read_ahead();
  }

  // One job at a time, for what the limit allows.
  void read_ahead() {
    const auto most = std::min(batch_bytes, limit_ - read_);
    if (channel_ == nullptr || over_ || !sought_ || reading_ || all_read_ || most == 0 ||
        ready_.size() == batches_ahead) {
      return;
    }
    reading_ = true;
    disk_.run([self = shared_from_this(), reader = reader_, most]() -> std::function<void()> {
      auto batch = std::make_shared<Reader::Batch>(reader->next(most));
      return [self, batch] { self->has_read(std::move(*batch)); };
    });
  }

  void has_read(Reader::Batch batch) {
    reading_ = false;
    read_ += batch.bytes;
    all_read_ = batch.last;
    ready_.push_back(std::move(batch));
    if (channel_ != nullptr) {
      channel_->resupply();
    }
    read_ahead();
  }

  session::Channel* channel_;
  Disk& disk_;
  SendingWatcher& watcher_;
  const TransferNumber number_;
  const std::shared_ptr<Reader> reader_;  // used by the disk's thread alone once it is accepted, but for its sources
  std::deque<Reader::Batch> ready_;
  std::uint64_t limit_ = 0;
  std::uint64_t read_ = 0;
  std::size_t arrived_ = 0;
  bool accepted_ = false;
  bool sought_ = false;
  bool reading_ = false;
  bool all_read_ = false;
  bool over_ = false;
};

Sender::Sender(std::vector<Source> sources, Disk& disk, SendingWatcher& watcher)
    : sources_(std::move(sources)), disk_(disk), watcher_(watcher) {}

std::shared_ptr<session::Extension> Sender::start(session::Channel& channel) {
  const auto sending = std::make_shared<Sending>(channel, disk_, watcher_, sources_);
  now_ = sending;
  sending->offer();
  return sending;
}

void Sender::cancel() {
  if (const auto sending = now_.lock()) {
    sending->cancel();
  }
}

}  // namespace pd::files
