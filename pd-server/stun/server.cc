#include "stun/server.h"

#include <list>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "stun/datagrams.h"

namespace pd::stun_server {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;

constexpr int most_tries = 32;

}  // namespace

// Destroyed from the bottom up: the ports before the context that they use.
struct Server::Impl {
  Impl(const Settings& settings, ops::Metrics& metrics)
      : desk(settings.rate, settings.networks, metrics), limits(settings.streams) {
    for (const auto& endpoint : settings.listen)
      bind(endpoint);
  }

  void bind(const udp::endpoint& endpoint) {
    Port& port = ports.emplace_back();
    for (int tries = 1;; ++tries) {
      port.datagrams.emplace(context, endpoint, desk);
      const auto local = port.datagrams->local();
      try {
        port.streams.emplace(context, tcp::endpoint(local.address(), local.port()), desk, limits);
        bound.push_back(local);
        return;
      } catch (const boost::system::system_error& error) {
        // A port that the system chose for UDP may be taken for TCP.
        if (endpoint.port() != 0 || error.code() != boost::asio::error::address_in_use || tries == most_tries) throw;
      }
    }
  }

  // One port, for both transports.
  struct Port {
    std::optional<Datagrams> datagrams;
    std::optional<Streams> streams;

    void close() {
      datagrams->stop();
      streams->stop();
    }
  };

  boost::asio::io_context context{1};
  Desk desk;
  const StreamLimits limits;
  std::list<Port> ports;
  std::vector<udp::endpoint> bound;
  std::thread thread;
};

Server::Server(const Settings& settings, ops::Metrics& metrics) : impl_(std::make_unique<Impl>(settings, metrics)) {}

Server::Server(Server&&) noexcept = default;

Server::~Server() {
  if (impl_) stop();
}

const std::vector<udp::endpoint>& Server::bound() const {
  return impl_->bound;
}

void Server::start() {
  if (impl_->ports.empty() || impl_->thread.joinable()) return;
  for (auto& port : impl_->ports) {
    port.datagrams->start();
    port.streams->start();
  }
  impl_->thread = std::thread([impl = impl_.get()] { impl->context.run(); });
}

void Server::stop() {
  if (!impl_->thread.joinable()) return;
  // When all is closed, nothing is left to run, and the thread ends.
  boost::asio::post(impl_->context, [impl = impl_.get()] {
    for (auto& port : impl->ports)
      port.close();
  });
  impl_->thread.join();
}

}  // namespace pd::stun_server
