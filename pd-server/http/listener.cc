#include "http/listener.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/accept.h"
#include "http/peer.h"
#include "http/refusal.h"

namespace pd::http {

namespace asio = boost::asio;
using asio::ip::tcp;

Listener::Listener(asio::io_context& context, const tcp::endpoint& endpoint, Shared shared,
                   std::shared_ptr<const Router> router, std::unique_ptr<TlsSource> tls)
    : context_(context),
      acceptor_(open_acceptor(context, endpoint)),
      local_(acceptor_.local_endpoint()),
      shared_(std::move(shared)),
      router_(std::move(router)),
      tls_(std::move(tls)) {}

void Listener::start() {
  asio::co_spawn(
      context_, [self = shared_from_this()] { return self->accept_all(); }, asio::detached);
}

void Listener::stop() {
  asio::post(context_, [self = shared_from_this()] { self->finish(); });
}

asio::awaitable<void> Listener::accept_all() {
  while (acceptor_.is_open()) {
    Worker& worker = shared_.next_worker();
    boost::system::error_code error;
    tcp::socket socket =
        co_await acceptor_.async_accept(worker.context(), asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      take(std::move(socket), worker);
    } else if (acceptor_.is_open() && !is_of_one_connection(error)) {
      if (shared_.settings.observer.refused) shared_.settings.observer.refused(refusal::accept);
      asio::steady_timer pause(context_, accept_pause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void Listener::take(tcp::socket socket, Worker& worker) {
  boost::system::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const asio::ip::address peer = normalised(remote.address());
  std::string_view why;
  Admission::Place place = shared_.admission.enter(peer, why);
  const bool surplus = place.surplus();
  if ((!place || surplus) && shared_.settings.observer.refused) shared_.settings.observer.refused(why);
  if (!place) return;
  const TlsContext context = tls_ ? tls_->current() : nullptr;
  try {
    auto connection = std::make_shared<Connection>(
        worker, shared_.settings, Connection::Arrival{std::move(socket), peer, std::move(place), context, router_});
    // Given away whole: a connection must end on its worker's thread, where it leaves the worker's list.
    asio::post(worker.context(), [connection = std::move(connection), surplus, &worker] {
      // When there is no more room, whoever keeps others waiting in the handshake goes before whoever just came.
      if (!surplus || worker.make_room()) connection->start();
    });
  } catch (const std::bad_alloc&) {
    if (shared_.settings.observer.refused) shared_.settings.observer.refused(refusal::accept);
  }
}

// What the system accepted on our behalf before now is still served.
void Listener::finish() {
  if (!acceptor_.is_open()) return;
  boost::system::error_code error;
  acceptor_.cancel(error);
  acceptor_.non_blocking(true, error);
  while (!error) {
    Worker& worker = shared_.next_worker();
    tcp::socket socket(worker.context());
    acceptor_.accept(socket, error);
    if (!error) take(std::move(socket), worker);
  }
  acceptor_.close(error);
}

}  // namespace pd::http
