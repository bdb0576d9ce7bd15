#pragma once

#include <memory>
#include <utility>

#include "connect/link.h"

namespace pd::connect {

// A link that knows how it has come about.
class LinkOverPath final : public Link {
 public:
  LinkOverPath(std::unique_ptr<Link> link, Path path) : link_(std::move(link)), path_(std::move(path)) {}

  const directory::VerifiedPeer& peer() const override { return link_->peer(); }
  const identity::PublicKey& device() const override { return link_->device(); }
  std::string where() const override { return link_->where(); }
  std::optional<Path> path() const override { return path_; }
  boost::asio::awaitable<std::size_t> read(std::span<char> buffer) override { return link_->read(buffer); }
  boost::asio::awaitable<void> write(std::string_view bytes) override { return link_->write(bytes); }
  void close() noexcept override { link_->close(); }

 private:
  std::unique_ptr<Link> link_;
  Path path_;
};

}  // namespace pd::connect
