#include "cutter.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace pd::session::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// The handshake is about 3,000 bytes, a message and its acknowledgement about 250.
constexpr std::size_t shortest = 500;
constexpr std::size_t longest = 12'000;

const tcp::endpoint nowhere_special(asio::ip::address_v4::loopback(), 0);

}  // namespace

struct Cutter::Line {
  explicit Line(asio::io_context& io) : near(io), far(io) {}
  void cut() {
    error_code ignored;
    near.close(ignored);
    far.close(ignored);
  }
  tcp::socket near;
  tcp::socket far;
  std::optional<std::size_t> bytes_left;  // none: it is not cut
};

struct Cutter::State {
  State(asio::io_context& context, std::uint16_t port, unsigned seed, int count)
      : io(context), acceptor(context, nowhere_special), target(port), random(seed), cuts(count) {}
  asio::io_context& io;
  tcp::acceptor acceptor;
  std::uint16_t target;
  std::mt19937 random;
  int cuts;
  std::vector<std::weak_ptr<Line>> lines;
};

Cutter::Cutter(asio::io_context& io, std::uint16_t target, unsigned seed, int cuts)
    : state_(std::make_shared<State>(io, target, seed, cuts)) {
  asio::co_spawn(io, accept(state_), asio::detached);
}

Cutter::~Cutter() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

std::uint16_t Cutter::port() const {
  return state_->acceptor.local_endpoint().port();
}
int Cutter::cuts_left() const {
  return state_->cuts;
}

void Cutter::cut_now() {
  for (const auto& each : std::exchange(state_->lines, {})) {
    if (const auto line = each.lock()) line->cut();
  }
}

asio::awaitable<void> Cutter::accept(std::shared_ptr<State> state) {
  for (;;) {
    const auto line = std::make_shared<Line>(state->io);
    error_code error;
    co_await state->acceptor.async_accept(line->near, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    const tcp::endpoint target(asio::ip::address_v4::loopback(), state->target);
    co_await line->far.async_connect(target, asio::redirect_error(asio::use_awaitable, error));
    if (error) continue;
    if (state->cuts > 0) {
      --state->cuts;
      line->bytes_left = shortest + state->random() % (longest - shortest);
    }
    state->lines.push_back(line);
    asio::co_spawn(state->io, carry(line, false), asio::detached);
    asio::co_spawn(state->io, carry(line, true), asio::detached);
  }
}

asio::awaitable<void> Cutter::carry(std::shared_ptr<Line> line, bool back) {
  auto& from = back ? line->far : line->near;
  auto& to = back ? line->near : line->far;
  std::array<char, 700> buffer;
  for (;;) {
    error_code error;
    std::size_t size =
        co_await from.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    const bool last = line->bytes_left && *line->bytes_left <= size;
    if (last) {
      size = *line->bytes_left;  // cut in the middle of whatever it is
    } else if (line->bytes_left) {
      *line->bytes_left -= size;
    }
    co_await asio::async_write(to, asio::buffer(buffer.data(), size), asio::redirect_error(asio::use_awaitable, error));
    if (error || last) break;
  }
  line->cut();
}

}  // namespace pd::session::test
