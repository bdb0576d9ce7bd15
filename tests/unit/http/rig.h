#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "certificate.h"
#include "client.h"
#include "http/engine.h"

namespace pd::http::test {

// A door that handlers wait at until the test opens it.
class Gate {
 public:
  boost::asio::awaitable<void> pass();
  void open();
  void wait_for_waiters(std::size_t count);  // until so many stand there

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  std::vector<std::weak_ptr<boost::asio::steady_timer>>
      waiters_;  // owned by those who wait: they may end with the engine
};

// What a stream sends, as the test says. One stream at a time.
class Feed {
 public:
  std::shared_ptr<Source> source();
  void send(std::string bytes, bool last = false);
  void wait_begun(std::size_t times);  // until so many streams have begun
  void wait_over(std::size_t times);   // until so many are over
  std::size_t begun() const;

 private:
  class Tap;
  void wait(const std::function<bool()>& true_under_lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Source::Piece> pieces_;
  std::function<void()> wake_;
  std::size_t begun_ = 0;
  std::size_t over_ = 0;
};

// What the engine told of itself, to wait for.
class Witness {
 public:
  Observer observer();

  void wait_refused(const std::string& what, std::size_t times = 1);
  void wait_answered(std::size_t times);
  void wait_failed(std::size_t times);
  std::size_t refused(const std::string& what) const;
  std::vector<std::string> answered() const;  // "GET /path 200"
  std::vector<std::string> failed() const;    // what() of each

 private:
  void wait(const std::function<bool()>& true_under_lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> refused_;
  std::vector<std::string> answered_;
  std::vector<std::string> failed_;
};

// An engine on loopback with a few routes:
//   GET /hello            "hello"          POST /echo     the body
//   GET /echo/{a}/{b}     "a|b"            GET /peer      who asks
//   GET /throw            throws           GET /large     megabytes
//   GET /gate             waits at `gate`  GET /split     a header with a line end in it
//   GET /stream           what `feed` says
class Rig {
 public:
  explicit Rig(Limits limits = {}, unsigned threads = 2);

  std::uint16_t plain();  // the port of a plain listener
  std::uint16_t tls(const CertificateFiles& files);

  static constexpr std::size_t large = 8 * 1024 * 1024;

  Witness witness;
  Gate gate;
  Feed feed;
  Engine engine;  // destroyed first

 private:
  std::shared_ptr<const Router> router();
  std::uint16_t listen(const TlsFiles* files);
};

// "GET PATH" with a Host and nothing else.
std::string get(const std::string& path);

}  // namespace pd::http::test
