#pragma once

#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "http/admission.h"
#include "http/connection.h"
#include "http/tls.h"
#include "http/worker.h"

namespace pd::http {

// One address that is listened on. Accepts on one context and deals the sockets out to all workers in turn. (Not one
// acceptor a context with SO_REUSEPORT: that would let a second server of the same user take half of the connections of
// the first, unnoticed.)
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // Gives the worker for the next connection. Called on the listener's context only.
  using NextWorker = std::function<Worker&()>;

  struct Shared {
    const Settings& settings;
    Admission& admission;
    NextWorker next_worker;
  };

  // Binds and listens. Throws boost::system::system_error. `tls` may be null: plain HTTP.
  Listener(boost::asio::io_context& context, const boost::asio::ip::tcp::endpoint& endpoint, Shared shared,
           std::shared_ptr<const Router> router, std::unique_ptr<TlsSource> tls);

  boost::asio::ip::tcp::endpoint local() const { return local_; }
  TlsSource* tls() const { return tls_.get(); }

  void start();  // any thread
  void stop();   // any thread; returns at once

 private:
  boost::asio::awaitable<void> accept_all();
  void take(boost::asio::ip::tcp::socket socket, Worker& worker);
  void finish();

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint local_;
  Shared shared_;
  std::shared_ptr<const Router> router_;
  std::unique_ptr<TlsSource> tls_;
};

}  // namespace pd::http
