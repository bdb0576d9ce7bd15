#pragma once

#include <cstdint>
#include <memory>
#include <random>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace pd::session::test {

// A bad line: carries bytes between whoever connects and a port, and breaks off after a random number of them, so and
// so many times. Then it is a good one.
class Cutter {
 public:
  Cutter(boost::asio::io_context& io, std::uint16_t target, unsigned seed, int cuts);
  ~Cutter();

  std::uint16_t port() const;
  int cuts_left() const;
  // Breaks off all that is under way.
  void cut_now();

 private:
  struct Line;
  struct State;
  static boost::asio::awaitable<void> accept(std::shared_ptr<State> state);
  static boost::asio::awaitable<void> carry(std::shared_ptr<Line> line, bool back);
  std::shared_ptr<State> state_;
};

}  // namespace pd::session::test
