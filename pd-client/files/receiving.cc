#include "files/receiving.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "files/transfer.h"

namespace pd::files {

using identity::fail;
using identity::Reason;
using identity::Result;

namespace {

constexpr std::uint64_t most_crossing = max_transfers_of_session * ahead_of_disk;

TransferNumber number_of(const FileFrame& frame) {
  return std::visit([](const auto& f) { return f.transfer; }, frame);
}

bool is_of_receiver(const FileFrame& frame) {
  return std::holds_alternative<Accept>(frame) || std::holds_alternative<Credit>(frame) ||
         std::holds_alternative<ReceivedUpTo>(frame);
}

}  // namespace

// What is offered in one session.
class Receiving final : public session::Extension {
 public:
  Receiving(session::Channel& channel, std::shared_ptr<Reception> shared)
      : channel_(channel), sender_(channel.address().text()), shared_(std::move(shared)) {}

  ~Receiving() override {
    for (std::size_t i = 0; i < offers_.size(); ++i) {
      shared_->places.leave(sender_);
    }
  }

  Result<void> receive(std::uint8_t type, std::string payload) override {
    auto frame = read_frame(type, std::move(payload));
    if (!frame) {
      return tl::unexpected(frame.error());
    }
    if (is_of_receiver(*frame)) {
      return fail(Reason::malformed, "FILE-1", "a frame that only the receiver sends");
    }
    forget_what_is_over();
    if (auto* offer = std::get_if<OfferPart>(&*frame)) {
      return take_offer(std::move(*offer));
    }
    const auto number = number_of(*frame);
    if (number > newest_) {
      return fail(Reason::malformed, "FILE-2", "a transfer that was not offered");
    }
    const auto known = transfers_.find(number);
    if (known == transfers_.end()) {
      return ignore(*frame);
    }
    const auto transfer = known->second;
    return transfer->take(std::move(*frame));
  }

  void supply() override { forget_what_is_over(); }

  void close() override {
    for (const auto& [number, transfer] : std::exchange(transfers_, {})) {
      transfer->close();
    }
  }

 private:
  Result<void> take_offer(OfferPart part) {
    auto offer = offers_.find(part.transfer);
    if (offer == offers_.end()) {
      if (part.transfer == refused_) {
        return {};
      }
      if (part.transfer <= newest_ || (part.transfer % 2 == 1) == channel_.dials()) {
        return fail(Reason::malformed, "FILE-2", "an offer whose number is not its sender's next");
      }
      newest_ = part.transfer;
      if (transfers_.size() + offers_.size() >= max_transfers_of_session ||
          !shared_->places.take(sender_, std::chrono::steady_clock::now())) {
        channel_.send(encode(Cancel{part.transfer, "busy", "too many transfers at once"}));
        refused_ = part.more ? part.transfer : 0;
        return {};
      }
      offer = offers_.emplace(part.transfer, EntryList()).first;
    }
    if (auto fine = offer->second.add(std::move(part.entries)); !fine || part.more) {
      return fine;
    }
    auto entries = std::move(offer->second).finish();
    offers_.erase(offer);
    if (!entries) {
      shared_->places.leave(sender_);
      return tl::unexpected(entries.error());
    }
    const auto transfer = std::make_shared<Transfer>(shared_, channel_, part.transfer, std::move(*entries));
    transfers_.emplace(part.transfer, transfer);
    shared_->watcher.offered(transfer);
    return {};
  }

  // It may have crossed a cancel (FILE-2).
  Result<void> ignore(const FileFrame& frame) {
    const auto* const data = std::get_if<Data>(&frame);
    const auto bytes = data == nullptr ? 0 : data->bytes().size();
    if (bytes > crossing_) {
      return fail(Reason::malformed, "FILE-12", "more data than the limit allows, of what is over");
    }
    crossing_ -= bytes;
    return {};
  }

  void forget_what_is_over() {
    std::erase_if(transfers_, [this](const auto& item) {
      const bool over = item.second->over();
      crossing_ = std::min(most_crossing, crossing_ + (over ? item.second->left() : 0));
      return over;
    });
  }

  session::Channel& channel_;
  const std::string sender_;
  const std::shared_ptr<Reception> shared_;
  std::map<TransferNumber, EntryList> offers_;  // of which more is to come
  std::map<TransferNumber, std::shared_ptr<Transfer>> transfers_;
  std::uint64_t crossing_ = 0;  // data of what is over that may still come
  TransferNumber newest_ = 0;
  TransferNumber refused_ = 0;  // of which more is to come, and is ignored
};

Receiver::Receiver(Disk& disk, DeliveryWatcher& watcher)
    : shared_(std::make_shared<Reception>(Reception{disk, watcher, {}, {}})) {}

std::shared_ptr<session::Extension> Receiver::start(session::Channel& channel) {
  return std::make_shared<Receiving>(channel, shared_);
}

}  // namespace pd::files
