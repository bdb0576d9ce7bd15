#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace pd::federation::testing {

// A flag that threads wait for.
class Gateway {
 public:
  void open();
  void wait();  // until it is open

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

struct Asked {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
};

// One request and the way to answer it, on a thread of its own; blocks.
class Turn {
 public:
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  Turn(Asked request, Stream& stream, const std::atomic<bool>& ending)
      : asked(std::move(request)), stream_(stream), ending_(ending) {}

  const Asked asked;

  // A whole answer; the connection stays open.
  void reply(unsigned status, const std::string& body, const std::map<std::string, std::string>& headers = {});
  // Bytes as they are. False: the other side has gone, or the test is ending. The connection is closed after the turn.
  bool raw(const std::string& bytes);

  bool keep() const { return keep_; }

 private:
  Stream& stream_;
  const std::atomic<bool>& ending_;
  bool keep_ = true;
};

// A server on a free port of 127.0.0.1 that does to each request what `script` does.
class TlsServer {
 public:
  using Script = std::function<void(Turn&)>;
  TlsServer(boost::asio::ssl::context tls, Script script);
  ~TlsServer();

  std::uint16_t port() const { return port_; }
  void set_script(Script script);

  // The requests so far.
  std::vector<Asked> asked() const;
  std::size_t count(const std::string& target_part) const;
  // Waits until so many requests with that in their target have come.
  void wait_for(const std::string& target_part, std::size_t count) const;
  std::size_t connections() const { return connections_; }

  // No longer accepts, and closes every connection.
  void stop();

 private:
  void accept();
  void serve(std::shared_ptr<boost::asio::ip::tcp::socket> socket);

  boost::asio::io_context context_;
  boost::asio::ssl::context tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::size_t> connections_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  Script script_;                   // guarded by mutex_
  std::vector<Asked> asked_;        // guarded by mutex_
  std::vector<int> sockets_;        // guarded by mutex_: those that are open
  std::list<std::thread> threads_;  // guarded by mutex_
  std::thread acceptor_thread_;
};

}  // namespace pd::federation::testing
