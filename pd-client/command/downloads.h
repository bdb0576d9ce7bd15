#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "agent/events.h"
#include "agent/files.h"
#include "command/context.h"
#include "command/progress.h"
#include "files/accepted.h"
#include "files/disk.h"
#include "files/receiving.h"
#include "session/seldom.h"

namespace CLI {
class App;
}

namespace pd::command {

struct DownloadOptions {
  std::string folder;        // empty: the user's own for downloads
  std::string accept_files;  // empty: as the command does by itself
};

// `otherwise`: what the command does when nobody says whose files are taken, for its help.
void declare_downloads(CLI::App& app, DownloadOptions& options, const std::string& otherwise);

// The files that others offer to `listen` or to the agent: whose are taken, and what becomes of them. One thread, that
// of the executor.
class Downloads final : public agent::Files, files::DeliveryWatcher {
 public:
  enum class Policy { nobody, contacts, ask, anyone };
  struct Parts {
    Context& context;
    boost::asio::any_io_executor executor;
    DownloadOptions options;
    Policy otherwise;  // when the options do not say
    std::function<bool(const directory::VerifiedPeer&)> is_contact;
    std::function<void(const agent::Event&)> on_event;
  };

  // Throws directory::Failure when the disk says no.
  explicit Downloads(Parts parts);

  session::Feature& feature() { return receiver_; }
  bool asks() const { return policy_ == Policy::ask; }
  // Whether something of theirs, or of anybody, was accepted and has not all come. Throws directory::Failure.
  bool expects(const identity::Address& sender) { return policy_ != Policy::nobody && accepted_.expects(sender); }
  bool expects_any() { return policy_ != Policy::nobody && accepted_.expects_any(); }

  std::vector<agent::Transfer> list() override;
  void accept(std::uint64_t number, const std::filesystem::path& folder) override;
  void decline(std::uint64_t number) override;
  void cancel(std::uint64_t number) override;

 private:
  struct Item {
    std::shared_ptr<files::Delivery> delivery;
    std::string key;
    agent::Transfer transfer;
    std::optional<Progress> progress;  // since it has begun
    Progress::Instant said;            // how far it is
    session::Seldom files;             // that are told one by one (AGT-26)
    std::size_t missing = 0;
  };
  using Items = std::map<std::uint64_t, Item>;

  void offered(const std::shared_ptr<files::Delivery>& delivery) override;
  void started(const files::Delivery& delivery, std::uint64_t bytes_there) override;
  void written(const files::Delivery& delivery, std::uint64_t bytes) override;
  void placed(const files::Delivery& delivery, std::size_t entry, const std::string& path) override;
  void finished(const files::Delivery& delivery) override;
  void stopped(const files::Delivery& delivery, const std::string& message) override;

  Item& add(const std::shared_ptr<files::Delivery>& delivery, const std::string& key);
  Items::iterator find(const files::Delivery& delivery);
  bool takes_of(const directory::VerifiedPeer& sender) const;
  void take(Item& item, const std::filesystem::path& folder);
  void refuse(std::uint64_t number, const std::string& to_them, const std::string& to_owner);
  void refuse_earlier(const std::string& key);
  void remove(Items::iterator item, const std::string& why);
  static void note_progress(Item& item, Progress::Instant now);
  void forget(const std::string& key);

  const std::filesystem::path folder_;
  const Policy policy_;
  const std::function<bool(const directory::VerifiedPeer&)> is_contact_;
  const std::function<void(const agent::Event&)> on_event_;
  files::Accepted accepted_;
  Items items_;  // by number
  std::uint64_t newest_ = 0;
  files::Disk disk_;
  files::Receiver receiver_;
};

}  // namespace pd::command
