#include "quic/carrier.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace pd::quic {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t batch_bytes = 64'000;
constexpr std::size_t socket_bytes = 4 << 20;
// A timer costs more than what is sent sooner by it: until it goes off, what comes sends what is due.
constexpr std::chrono::microseconds timer_grain{250};
constexpr int receives_in_a_row = 16;  // each of up to 64 KiB, before anything is sent
constexpr std::size_t max_connections = 4;
constexpr std::chrono::seconds own_time{1};  // an unproven connection is safe from newer ones
constexpr int max_farewells = 8;

Connection::Time now() {
  return std::chrono::steady_clock::now();
}

[[noreturn]] void throw_error(asio::error::basic_errors error) {
  throw boost::system::system_error(error);
}

[[noreturn]] void throw_lost(Connection::End end) {
  throw_error(end == Connection::End::silent   ? asio::error::timed_out
              : end == Connection::End::closed ? asio::error::broken_pipe
                                               : asio::error::connection_reset);
}

}  // namespace

Carrier::Carrier(Path path, const Limits& limits)
    : limits_(limits),
      socket_(std::move(path.socket)),
      remote_(path.remote),
      round_trip_(path.round_trip),
      foreign_(std::move(path.foreign)),
      batch_(batch_bytes + Connection::max_datagram),
      timer_(socket_->executor()),
      readable_(socket_->executor(), Time::max()),
      writable_(socket_->executor(), Time::max()),
      last_(socket_->executor()) {
  socket_->hold(socket_bytes);
}

void Carrier::dial(std::unique_ptr<Tls> tls) {
  connections_.push_back(Connection::dial(std::move(tls), {limits_, socket_->local(), remote_, round_trip_}, now()));
  begun_.push_back(now());
  listen();
  proceed();
}

void Carrier::answer(std::function<std::unique_ptr<Tls>()> make_tls) {
  make_tls_ = std::move(make_tls);
  listen();
}

void Carrier::listen() {
  asio::co_spawn(socket_->executor(), receive(shared_from_this()), asio::detached);
}

asio::awaitable<void> Carrier::receive(std::shared_ptr<Carrier> self) {
  auto& socket = *self->socket_;
  net::Received received;
  for (;;) {
    const auto error = co_await socket.readable();
    if (error) {
      co_return;
    }
    const auto time = now();
    for (int i = 0; i < receives_in_a_row && socket.receive(received); ++i) {
      for (std::size_t j = 0; j < received.count(); ++j)
        self->take(received.from(), received[j], time);
    }
    self->proceed();
  }
}

void Carrier::take(const Endpoint& from, net::Datagram datagram, Time time) {
  const bool from_remote = from == remote_;
  for (const auto& each : connections_) {
    if (each->owns(datagram)) {
      if (!farewell_.empty()) {
        say_farewell();
      } else if (from_remote || each->tls().role() == Role::answerer) {
        each->receive(socket_->local(), from, datagram, time);
      }
      return;
    }
  }
  if (foreign_ && foreign_(*socket_, from, datagram)) {
    return;
  }
  if (make_tls_ && from_remote) {
    begin(datagram, time);
  } else if (ready_ && from_remote && farewell_.empty()) {
    connection().receive(socket_->local(), from, datagram, time);  // a stateless reset has nobody's connection id
  }
}

// An answerer's: somebody begins a connection, or seems to.
void Carrier::begin(net::Datagram first, Time time) {
  const bool full = connections_.size() >= max_connections;
  if (full && time - begun_.front() < own_time) {
    return;
  }
  auto connection = Connection::answer(make_tls_(), {limits_, socket_->local(), remote_, round_trip_}, first, time);
  if (!connection) {
    return;
  }
  if (full) {
    connections_.erase(connections_.begin());
    begun_.erase(begun_.begin());
  }
  connection->receive(socket_->local(), remote_, first, time);
  connections_.push_back(std::move(connection));
  begun_.push_back(time);
}

// After anything that may have changed something.
void Carrier::proceed() {
  if (stopped_) {
    return;
  }
  const auto time = now();
  for (const auto& each : connections_)
    pump(*each, time);
  if (!ready_) {
    choose();
  }
  tell();
  end_if_over();
  arm();
}

// The first connection that is proven stays; the others, and those that failed, go.
void Carrier::choose() {
  for (std::size_t i = 0; i < connections_.size();) {
    auto& each = *connections_[i];
    if (each.alive() && each.ready()) {
      auto proven = std::move(connections_[i]);
      connections_.clear();
      connections_.push_back(std::move(proven));
      begun_.clear();
      make_tls_ = nullptr;
      ready_ = true;
      readable_.cancel();
      return;
    }
    if (each.alive()) {
      ++i;
      continue;
    }
    if (failure_ != Connection::End::wrong_key) {
      failure_ = each.end();
    }
    say_last(each);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
    begun_.erase(begun_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Sends what the connection has to send and may send now.
void Carrier::pump(Connection& connection, Time time) {
  bool due = true;
  while (due && !blocked_ && connection.alive() && farewell_.empty())
    due = connection.paced(send_batch(connection, time), time);
}

std::size_t Carrier::send_batch(Connection& connection, Time time) {
  // No more than one, or a few datagrams would be left that need a call to the kernel of their own.
  const std::size_t most = std::clamp(connection.quantum(), Connection::max_datagram, batch_bytes);
  std::size_t sent = 0;
  Endpoint to;
  while (sent + Connection::max_datagram <= most) {
    const auto size = connection.write(std::span(batch_).subspan(batched_), to, time);
    if (size == 0) {
      break;
    }
    sent += size;
    if (!add(to, size)) {
      break;
    }
  }
  flush();
  return sent;
}

// The datagram of `size` that was written behind the batch joins it, or takes its place. False when the kernel is full.
bool Carrier::add(const Endpoint& to, std::size_t size) {
  if (batched_ > 0 && (size > segment_ || to != to_)) {
    const std::size_t before = batched_;
    if (!flush()) {
      return false;  // and this one is lost, as if it had been on the way
    }
    std::memmove(batch_.data(), batch_.data() + before, size);
  }
  if (batched_ == 0) {
    segment_ = size;
    to_ = to;
  }
  batched_ += size;
  return (size == segment_ && batched_ + segment_ <= batch_bytes) || flush();
}

bool Carrier::flush() {
  if (blocked_ || batched_ == 0) {
    return !blocked_;
  }
  const auto done = socket_->send_segments(to_, std::span(batch_).first(batched_), segment_);
  batched_ -= done;
  if (batched_ > 0) {
    std::memmove(batch_.data(), batch_.data() + done, batched_);
    blocked_ = true;
    asio::co_spawn(socket_->executor(), resume(shared_from_this()), asio::detached);
  }
  return !blocked_;
}

asio::awaitable<void> Carrier::resume(std::shared_ptr<Carrier> self) {
  co_await self->socket_->writable();
  self->blocked_ = false;
  self->flush();
  self->proceed();
}

void Carrier::arm() {
  auto next = Time::max();
  for (const auto& each : connections_)
    next = std::min(next, each->expiry());
  next = std::max(next, now() + timer_grain);
  // One that goes off too early costs less than setting it anew for each datagram.
  if (blocked_ || stopped_ || next >= armed_) {
    return;
  }
  armed_ = next;
  timer_.expires_at(next);
  timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (self && !error) {
      self->expired();
    }
  });
}

void Carrier::expired() {
  armed_ = Time::max();
  const auto time = now();
  for (const auto& each : connections_)
    if (each->expiry() <= time) {
      each->expire(time);
    }
  proceed();
}

// Lets what several calls in a row have to say go together.
void Carrier::schedule() {
  if (!scheduled_) {
    scheduled_ = true;
    asio::post(socket_->executor(), [self = shared_from_this()] {
      self->scheduled_ = false;
      self->proceed();
    });
  }
}

// Wakes who waits for what is there now.
void Carrier::tell() {
  if (!ready_) {
    if (failure_ != Connection::End::none) {
      readable_.cancel();
    }
    return;
  }
  auto& it = connection();
  if (closing_ || !it.alive() || !it.arrived().empty() || it.all_arrived()) {
    readable_.cancel();
  }
  if (closing_ || !it.alive() || it.room() >= limits_.unsent / 4) {
    writable_.cancel();
  }
}

asio::awaitable<void> Carrier::wait(asio::steady_timer& until) {
  error_code error;
  co_await until.async_wait(asio::redirect_error(asio::use_awaitable, error));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw_error(asio::error::operation_aborted);
  }
}

asio::awaitable<void> Carrier::handshake() {
  const bool dials = !make_tls_;
  while (!ready_ && !stopped_ && (!dials || failure_ == Connection::End::none))
    co_await wait(readable_);
}

asio::awaitable<std::size_t> Carrier::read(std::span<char> buffer) {
  std::size_t size = 0;
  while (size == 0) {
    auto& it = connection();
    if (closing_) {
      throw_error(asio::error::operation_aborted);
    }
    for (auto bytes = it.arrived(); !bytes.empty() && size < buffer.size(); bytes = it.arrived()) {
      const auto part = std::min(bytes.size(), buffer.size() - size);
      std::memcpy(buffer.data() + size, bytes.data(), part);
      it.taken(part);
      size += part;
    }
    if (size > 0) {
      schedule();
    } else if (it.all_arrived() || it.end() == Connection::End::closed) {
      break;
    } else if (!it.alive()) {
      throw_lost(it.end());
    } else {
      co_await wait(readable_);
    }
  }
  co_return size;
}

asio::awaitable<void> Carrier::write(std::string_view bytes) {
  while (!bytes.empty()) {
    auto& it = connection();
    if (closing_) {
      throw_error(asio::error::operation_aborted);
    }
    if (!it.alive()) {
      throw_lost(it.end());
    }
    const auto part = std::min(bytes.size(), it.room());
    if (part == 0) {
      co_await wait(writable_);
      continue;
    }
    it.give({reinterpret_cast<const std::uint8_t*>(bytes.data()), part});
    bytes.remove_prefix(part);
    schedule();
  }
}

void Carrier::close() noexcept {
  if (closing_ || stopped_) {
    return;
  }
  closing_ = true;
  connection().ignore_arriving();
  last_.expires_after(limits_.linger);
  last_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) {
      self->part();
    }
  });
  schedule();
}

void Carrier::end_if_over() {
  if (!ready_ || !farewell_.empty()) {
    return;
  }
  if (!connection().alive()) {
    say_last(connection());
    stop();
  } else if (closing_ && connection().all_acknowledged()) {
    part();
  }
}

// What a connection that failed still has to say.
void Carrier::say_last(Connection& failed) {
  const auto datagram = failed.close(now());
  if (!datagram.empty()) {
    socket_->send(failed.remote(), datagram);
  }
}

// Everything has arrived, or has had its time: the last word, repeated while the other side still talks (RFC 9000,
// section 10.2.1).
void Carrier::part() {
  if (stopped_ || !farewell_.empty()) {
    return;
  }
  const auto while_heard = 3 * connection().probe_timeout();
  farewell_ = connection().close(now());
  if (farewell_.empty()) {
    stop();
    return;
  }
  say_farewell();
  last_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(while_heard));
  last_.async_wait([self = shared_from_this()](const error_code&) { self->stop(); });
}

void Carrier::say_farewell() {
  if (farewells_++ < max_farewells) {
    socket_->send(connection().remote(), farewell_);
  }
}

void Carrier::stop() noexcept {
  stopped_ = true;
  make_tls_ = nullptr;
  foreign_ = nullptr;
  socket_->close();
  for (auto* timer : {&timer_, &readable_, &writable_, &last_})
    timer->cancel();
}

}  // namespace pd::quic
