#include "stun/streams.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "http/accept.h"
#include "http/peer.h"

namespace pd::stun_server {

namespace asio = boost::asio;
using asio::ip::tcp;

Streams::Client::Client(tcp::socket connected, Source peer)
    : socket(std::move(connected)),
      source(std::move(peer)),
      network(http::peer_key(source.address)),
      timer(socket.get_executor()) {}

void Streams::Client::close_in(std::chrono::milliseconds time) {
  timer.expires_after(time);
  timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->timer.expiry() <= asio::steady_timer::clock_type::now()) self->close();
  });
}

void Streams::Client::close() {
  boost::system::error_code ignored;
  timer.cancel();
  socket.close(ignored);
}

// Among the clients as long as serve() goes on.
class Streams::Place {
 public:
  Place(std::list<ClientPtr>& all, const ClientPtr& client) : all_(all), place_(all.insert(all.end(), client)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    (*place_)->close();
    all_.erase(place_);
  }

 private:
  std::list<ClientPtr>& all_;
  std::list<ClientPtr>::iterator place_;
};

Streams::Streams(asio::io_context& context, const tcp::endpoint& endpoint, Desk& desk, const StreamLimits& limits)
    : context_(context), acceptor_(http::open_acceptor(context, endpoint)), desk_(desk), limits_(limits) {}

void Streams::start() {
  asio::co_spawn(context_, accept_all(), asio::detached);
}

void Streams::stop() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& client : clients_)
    client->close();
}

asio::awaitable<void> Streams::accept_all() {
  while (acceptor_.is_open()) {
    boost::system::error_code error;
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      take(std::move(socket));
    } else if (acceptor_.is_open() && !http::is_of_one_connection(error)) {
      asio::steady_timer pause(context_, http::accept_pause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Streams::take(tcp::socket socket) {
  boost::system::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  auto client = std::make_shared<Client>(std::move(socket), Source{remote.address(), remote.port()});
  const auto of_same = std::ranges::count(clients_, client->network, [](const ClientPtr& c) { return c->network; });
  if (static_cast<std::size_t>(of_same) >= limits_.connections_of_one) return;
  // Whoever has been here longest has had its answers; it leaves the list when its coroutine runs next.
  if (clients_.size() >= limits_.connections) clients_.front()->close();
  if (clients_.size() >= 2 * limits_.connections) return;
  asio::co_spawn(context_, serve(std::move(client)), asio::detached);
}

asio::awaitable<void> Streams::serve(ClientPtr client) {
  const Place place(clients_, client);
  std::array<std::uint8_t, most_request_bytes> input;
  std::array<std::uint8_t, most_request_bytes> answer;
  std::size_t filled = 0;
  boost::system::error_code error;
  client->close_in(limits_.idle);
  for (unsigned served = 0; served < limits_.messages;) {
    const auto whole = request_bytes(Bytes(input).first(filled));
    if (!whole) co_return;
    if (*whole == 0 || filled < *whole) {
      const auto room = asio::buffer(input.data() + filled, input.size() - filled);
      const std::size_t got =
          co_await client->socket.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      if (filled == 0) client->close_in(limits_.whole);
      filled += got;
      continue;
    }
    const auto bytes = desk_.answer(Desk::Transport::tcp, Bytes(input).first(*whole), client->source, answer);
    if (!bytes) co_return;  // too often: STUN-12
    const auto out = asio::buffer(answer.data(), *bytes);
    co_await asio::async_write(client->socket, out, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    filled -= *whole;
    std::memmove(input.data(), input.data() + *whole, filled);
    client->close_in(filled == 0 ? limits_.idle : limits_.whole);
    ++served;
  }
}

}  // namespace pd::stun_server
