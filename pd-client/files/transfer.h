#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "files/disk.h"
#include "files/folder.h"
#include "files/frame.h"
#include "files/order.h"
#include "files/places.h"
#include "files/receiving.h"
#include "files/writer.h"
#include "session/channel.h"

namespace pd::files {

class Transfer;

// What the transfers of a process share.
struct Reception {
  Disk& disk;
  DeliveryWatcher& watcher;
  Places places;
  std::map<std::string, std::weak_ptr<Transfer>> by_key;  // who writes what now (FILE-17)
};

// One offer that came over one session, and what becomes of it. On the thread of the io_context, but for its writer.
class Transfer final : public Delivery, public std::enable_shared_from_this<Transfer> {
 public:
  Transfer(std::shared_ptr<Reception> shared, session::Channel& channel, TransferNumber number,
           std::vector<Entry> entries);
  ~Transfer() override;

  const directory::VerifiedPeer& sender() const override { return sender_; }
  const std::vector<Entry>& entries() const override { return entries_; }
  void accept(const std::filesystem::path& folder) override;
  void decline(const std::string& why) override;
  void cancel(const std::string& why) override;

  // Frames of the sender, while it is not over().
  identity::Result<void> take(FileFrame frame);
  bool over() const { return state_ == State::over; }
  // How many bytes of data may still come, over or not: none before it is accepted (FILE-12).
  std::uint64_t left() const { return order_ ? order_->left() : 0; }
  // The session has ended: what came is still written.
  void close();

 private:
  enum class State { asked, opening, running, over };
  struct Written {
    std::uint64_t bytes = 0;
    std::vector<std::optional<std::string>> placed;  // paths of the entries that are done now
    std::optional<Cancel> trouble;
  };

  void abandon();
  void open(const std::filesystem::path& folder);
  void opened(std::size_t next, std::uint64_t offset, std::uint64_t there, const Poly1305::Tag& tag);
  void write_soon();
  void write();
  Written write_all(std::vector<FileFrame> frames);
  void written(const Written& what);
  void tell(const FileFrame& frame);
  void stop(const Cancel& why);
  void end(const std::string& message);
  void release();

  const std::shared_ptr<Reception> shared_;
  session::Channel* channel_;  // null: the session has ended
  const TransferNumber number_;
  const directory::VerifiedPeer sender_;
  const std::vector<Entry> entries_;
  const Poly1305::Key check_key_ = Poly1305::random_key();
  std::string key_;  // in Reception::by_key; empty: not accepted
  State state_ = State::asked;
  std::optional<Order> order_;
  std::size_t next_ = 0;          // what is not on the disk
  std::vector<FileFrame> queue_;  // for the disk
  bool scheduled_ = false;
  bool writing_ = false;
  std::unique_ptr<Folder> folder_;  // of the disk's thread, as what follows
  std::unique_ptr<Writer> writer_;
};

}  // namespace pd::files
