#include "agent/server.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pd::agent {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds accept_pause{100};  // when there are no descriptors left

}  // namespace

Server::Server(const asio::any_io_executor& executor, std::filesystem::path path, Methods& methods)
    : path_(std::move(path)), methods_(methods), acceptor_(open_socket(executor, path_)), gone_(executor) {}

Server::~Server() {
  close();
}

asio::awaitable<void> Server::run() {
  session::Wake rest(acceptor_.get_executor());
  while (!closed_) {
    boost::system::error_code error;
    Stream stream = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      enter(std::move(stream));
    } else if (!closed_) {
      co_await rest.wait(session::Wake::Clock::now() + accept_pause);
    }
  }
  while (serving_ > 0) {
    co_await gone_.wait();
  }
}

void Server::enter(Stream stream) {
  if (closed_ || !is_own(stream)) {
    return;
  }
  auto connection = std::make_shared<Connection>(
      std::move(stream), [this](Connection& from, const Request& request) -> tl::expected<Json, Refusal> {
        auto reply = methods_.call(from.visit, request);
        if (reply.for_others) {
          tell(*reply.for_others, &from);
        }
        return std::move(reply.result);
      });
  if (connections_.size() < max_clients) {
    connections_.push_back(connection);
  } else {
    connection->send(encode(Answer{{}, tl::unexpected(Refusal{Code::busy, "too many clients (AGT-4)"})}));
    connection->finish();
  }
  asio::co_spawn(acceptor_.get_executor(), serve(std::move(connection)), asio::detached);
}

asio::awaitable<void> Server::serve(std::shared_ptr<Connection> connection) {
  ++serving_;
  co_await connection->run();
  methods_.leave(connection->visit);
  connections_.remove(connection);
  --serving_;
  gone_.notify();
}

void Server::tell(const Notification& notification, const Connection* but) {
  const auto line = encode(notification);
  for (const auto& connection : connections_) {
    if (connection->visit.subscribed && connection.get() != but) {
      connection->send(line);
    }
  }
}

void Server::close() {
  if (std::exchange(closed_, true)) {
    return;
  }
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  boost::system::error_code not_closed;
  acceptor_.close(not_closed);
  for (const auto& connection : connections_) {
    connection->finish();
  }
}

}  // namespace pd::agent
