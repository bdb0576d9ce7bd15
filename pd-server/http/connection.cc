#include "http/connection.h"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/refusal.h"

namespace pd::http {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;

constexpr std::size_t most_discarded = 1024 * 1024;
constexpr std::size_t requests_before_others = 32;
constexpr std::size_t steps_before_others = 16;

}  // namespace

Connection::Connection(Worker& worker, const Settings& settings, Arrival arrival)
    : worker_(worker),
      settings_(settings),
      peer_(arrival.peer),
      router_(std::move(arrival.router)),
      place_(std::move(arrival.place)),
      stream_(std::move(arrival.socket), std::move(arrival.tls)) {
  request_.peer = peer_;
}

Connection::~Connection() {
  if (entered_) worker_.leave(*this);
}

void Connection::start() {
  worker_.enter(*this);
  entered_ = true;
  asio::co_spawn(
      worker_.context(), [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void Connection::look_at(Clock::time_point now) {
  if (now < deadline_ || expired_) return;
  expired_ = true;
  if (phase_ != Phase::handler) {
    boost::system::error_code ignored;
    stream_.socket().cancel(ignored);
    return;
  }
  asio::co_spawn(
      worker_.context(), [self = shared_from_this()] { return self->overrun(); }, asio::detached);
}

void Connection::drain() {
  boost::system::error_code ignored;
  if (phase_ == Phase::idle || phase_ == Phase::stream) stream_.socket().cancel(ignored);
  // Whoever has only connected yet must not hold up the end for long.
  if (phase_ == Phase::handshake) deadline_ = std::min(deadline_, Clock::now() + settings_.limits.linger);
}

bool Connection::give_way() {
  if (late()) return false;
  aborted_ = true;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);
  return true;
}

void Connection::abort() {
  aborted_ = true;
  stream_.close(true);
  source_.reset();  // what it belongs to need not last as long as the contexts
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  expired_ = false;
  deadline_ = Clock::now() + limit(phase);
}

Limits::Time Connection::limit(Phase phase) const {
  const Limits& limits = settings_.limits;
  switch (phase) {
    case Phase::handshake:
      return limits.handshake;
    case Phase::idle:
      return limits.idle;
    case Phase::header:
      return limits.header;
    case Phase::body:
      return limits.body;
    case Phase::handler:
      return limits.handler;
    case Phase::write:
      return limits.write;
    case Phase::stream:
      return limits.heartbeat;
    case Phase::linger:
      return limits.linger;
  }
  return limits.linger;
}

void Connection::report(std::string_view what) const {
  if (settings_.observer.refused) settings_.observer.refused(what);
}

Response Connection::engine_answer(unsigned status) const {
  try {
    Response response = settings_.error_body(status);
    response.status = status;
    return response;
  } catch (...) {
    return Response{status, {}, nullptr};
  }
}

// The life of a connection.
Connection::Nothing Connection::run() {
  bool alive = co_await secure();
  while (alive) {
    alive = co_await exchange();
    // Pipelined requests need no waiting; the thread belongs to others too.
    if (alive && served_ % requests_before_others == 0) co_await asio::post(use_awaitable);
  }
  if (source_) co_await stream();
  if (!abandoned_) stream_.close(expired_ && phase_ == Phase::write);
}

Connection::Wait Connection::secure() {
  enter(Phase::handshake);
  if (worker_.draining()) drain();
  // Whoever only connects and says nothing costs a socket, and nothing of TLS.
  if (!stream_.encrypted()) co_return true;
  const Worker::Handshake among_others(worker_, *this);
  Step step = Step::want_read;
  while (step != Step::done) {
    const bool in_time = co_await ready(step);
    if (!in_time) {
      if (expired_) report(refusal::handshake_timeout);
      co_return false;
    }
    step = stream_.handshake();
    if (step == Step::closed || step == Step::failed) {
      report(refusal::tls);
      co_return false;
    }
  }
  co_return true;
}

// One request and its answer. False: the connection is over.
Connection::Wait Connection::exchange() {
  const bool begun = co_await first_bytes();
  if (!begun) co_return false;
  Parser parser(request_, settings_.limits);
  const Outcome outcome = co_await read_request(parser);
  if (outcome == Outcome::ended) co_return false;
  if (outcome == Outcome::refused) {
    co_await refuse(status_);
    co_return false;
  }
  const auto start = Clock::now();
  enter(Phase::handler);
  const Response response = co_await handle();
  if (abandoned_ || aborted_) co_return false;

  Framing framing;
  framing.close = !parser.keeps_alive() || worker_.draining() || response.source != nullptr ||
                  ++served_ >= settings_.limits.requests_per_connection;
  framing.say_keep_alive = !framing.close && parser.version() < 11;
  framing.with_body = request_.method != "HEAD";
  framing.chunked = parser.version() >= 11;
  const bool sent = co_await answer(response, framing);
  if (!sent) co_return false;
  if (settings_.observer.answered) settings_.observer.answered(request_, response, Clock::now() - start);
  if (response.source && framing.with_body) {
    source_ = response.source;
    framing_ = framing;
    co_return false;
  }
  if (framing.close) co_await part();
  co_return !framing.close;
}

boost::asio::awaitable<Response> Connection::handle() {
  try {
    co_return co_await router_->dispatch(request_);
  } catch (...) {
    if (settings_.observer.failed) settings_.observer.failed(request_, std::current_exception());
  }
  co_return engine_answer(500);
}

Connection::Wait Connection::answer(const Response& response, Framing framing) {
  enter(Phase::write);
  if (!write_head(head_, response, worker_.date(), framing)) {
    // The handler's headers would have broken the message; the client must not get to see them.
    const Response instead = engine_answer(500);
    if (!write_head(head_, instead, worker_.date(), framing)) co_return false;
    co_return co_await send(head_, body_of(instead, framing));
  }
  co_return co_await send(head_, body_of(response, framing));
}

// Answers in the engine's own name, and ends the connection.
Connection::Nothing Connection::refuse(unsigned status) {
  const std::string_view late = phase_ == Phase::body ? refusal::body_timeout : refusal::header_timeout;
  report(status == 408 ? late : refusal::of(status));
  const Response response = engine_answer(status);
  const bool sent = co_await answer(response, Framing{true, false, true});
  if (sent) co_await part();
}

// The handler takes too long. It cannot be stopped, and may end when it likes: its place stays taken until then, which
// bounds how many of these there can be. The client gets its answer now.
Connection::Nothing Connection::overrun() {
  if (phase_ != Phase::handler || !expired_ || aborted_) co_return;
  abandoned_ = true;
  report(refusal::handler_timeout);
  const Framing framing{true, false, request_.method != "HEAD"};
  const Response response = engine_answer(503);
  const bool sent = co_await answer(response, framing);
  if (sent) co_await part();
  stream_.close(expired_ && phase_ == Phase::write);
}

// Ends gently. Closing a socket with unread input makes the other side lose the answer (RFC 9112, 9.6): so first only
// our direction is closed, and what still comes is thrown away for a while.
Connection::Nothing Connection::part() {
  release_block();
  stream_.finish();
  enter(Phase::linger);
  for (std::size_t discarded = 0; discarded < most_discarded;) {
    const Moved moved = stream_.discard(worker_.scratch());
    discarded += moved.bytes;
    if (moved.step == Step::closed || moved.step == Step::failed) co_return;
    if (moved.step == Step::done) continue;
    const bool in_time = co_await ready(moved.step);
    if (!in_time) co_return;
  }
}

// Waits for the socket. False: out of time, or closed.
Connection::Wait Connection::ready(Step step) {
  if (late() || Clock::now() >= deadline_) {
    expired_ = expired_ || !aborted_;
    co_return false;
  }
  boost::system::error_code error;
  const auto what = step == Step::want_write ? asio::ip::tcp::socket::wait_write : asio::ip::tcp::socket::wait_read;
  co_await stream_.socket().async_wait(what, asio::redirect_error(use_awaitable, error));
  co_return !late() && !error;
}

Connection::Wait Connection::send(std::string_view first, std::string_view second) {
  std::size_t steps = 0;
  while (!first.empty() || !second.empty()) {
    const Moved moved = stream_.write(first, second, worker_.scratch());
    if (moved.step == Step::done) {
      const std::size_t head = std::min(moved.bytes, first.size());
      first.remove_prefix(head);
      second.remove_prefix(moved.bytes - head);
      // A fast reader of a large body never makes us wait, but others and the deadline must have their turn too.
      if (++steps % steps_before_others == 0) co_await asio::post(use_awaitable);
      if (late()) co_return false;
      continue;
    }
    if (moved.step == Step::closed || moved.step == Step::failed) co_return false;
    const bool in_time = co_await ready(moved.step);
    if (in_time) continue;
    if (expired_ && phase_ == Phase::write) report(refusal::write_timeout);
    co_return false;
  }
  co_return true;
}

}  // namespace pd::http
