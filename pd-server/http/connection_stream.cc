// How a connection sends an answer that has a source: the part of connection.h that streams.

#include <boost/asio/post.hpp>

#include "http/connection.h"

namespace pd::http {
namespace {

// What a client sends while it listens is thrown away: the connection ends with the stream. Nobody needs to send much.
constexpr std::size_t most_sent_meanwhile = 16 * 1024;

}  // namespace

// A stream may last long with nothing to do, so it keeps nothing but the socket and TLS.
Connection::Nothing Connection::stream() {
  release_block();
  forget_request();
  std::string().swap(head_);
  const auto end = Clock::now() + settings_.limits.stream;
  source_->begin([context = &worker_.context(), weak = weak_from_this()] {
    boost::asio::post(*context, [weak] {
      if (const auto self = weak.lock()) self->wake();
    });
  });
  for (bool last = false; !last;) {
    const Source::Piece piece = next_piece(end);
    last = piece.last;
    const std::string bytes = write_piece(piece, framing_);
    bool there = true;
    if (bytes.empty() && !last) {
      there = co_await quiet(end);
    } else {
      enter(Phase::write);
      there = co_await send(bytes, {});
    }
    if (!there) co_return;
  }
  source_.reset();
  co_await part();
}

Source::Piece Connection::next_piece(Clock::time_point end) {
  if (worker_.draining() || Clock::now() >= end) return {{}, true};
  woken_ = false;
  Source::Piece piece = source_->next();
  // The wait for something to send is over its time: that is no fault here.
  if (piece.bytes.empty() && !piece.last && phase_ == Phase::stream && expired_) piece.bytes = source_->heartbeat();
  return piece;
}

// Waits until there may be something to send. False: the client is gone.
Connection::Wait Connection::quiet(Clock::time_point end) {
  enter(Phase::stream);
  deadline_ = std::min(deadline_, end);
  std::size_t discarded = 0;
  for (bool readable = stream_.buffered();;) {
    if (readable && !discard_input(discarded)) co_return false;
    if (aborted_) co_return false;
    if (woken_ || expired_ || worker_.draining()) co_return true;
    readable = co_await ready(Step::want_read);
    const bool called = woken_ || expired_ || worker_.draining();
    if (!readable && !called) co_return false;
  }
}

// False: there is nobody any more, or somebody who only sends.
bool Connection::discard_input(std::size_t& discarded) {
  for (;;) {
    const Moved moved = stream_.read(worker_.scratch());
    discarded += moved.bytes;
    if (discarded > most_sent_meanwhile) return false;
    if (moved.step == Step::want_read || moved.step == Step::want_write) return true;
    if (moved.step != Step::done) return false;
  }
}

void Connection::wake() {
  woken_ = true;
  boost::system::error_code ignored;
  if (phase_ == Phase::stream) stream_.socket().cancel(ignored);
}

}  // namespace pd::http
