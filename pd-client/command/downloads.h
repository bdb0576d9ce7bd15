#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "command/talking.h"
#include "files/disk.h"
#include "files/receiving.h"

namespace CLI {
class App;
}

namespace pd::command {

struct DownloadOptions {
  std::string folder;        // empty: the user's own for downloads
  std::string accept_files;  // empty: ask on a terminal, nobody elsewhere
};

void declare_downloads(CLI::App& app, DownloadOptions& options);

// The files that others offer to a listener: whose it takes, and what its owner sees of it.
class Downloads final : files::DeliveryWatcher {
 public:
  using IsContact = std::function<bool(const directory::VerifiedPeer&)>;

  Downloads(Talking& talk, const DownloadOptions& options, IsContact is_contact);

  session::Feature& feature() { return receiver_; }
  // Whether the line was an answer to an offer, /accept or /decline with its number; then it has been given.
  bool answered(const std::string& line);

 private:
  enum class Policy { nobody, contacts, ask, anyone };
  using Deliveries = std::map<unsigned, std::shared_ptr<files::Delivery>>;

  static Policy policy_of(const Talking& talk, const DownloadOptions& options);
  void offered(const std::shared_ptr<files::Delivery>& delivery) override;
  void started(const files::Delivery& delivery, std::uint64_t bytes_there) override;
  void written(const files::Delivery&, std::uint64_t) override {}
  void placed(const files::Delivery& delivery, std::size_t entry, const std::string& path) override;
  void finished(const files::Delivery& delivery) override;
  void stopped(const files::Delivery& delivery, const std::string& message) override;

  void ask(const std::shared_ptr<files::Delivery>& delivery);
  void forget(const files::Delivery& delivery);

  Talking& talk_;
  const std::string folder_;
  const Policy policy_;
  const IsContact is_contact_;
  Deliveries asked_;  // by their number in what the owner sees
  unsigned newest_ = 0;
  files::Disk disk_;
  files::Receiver receiver_;
};

}  // namespace pd::command
