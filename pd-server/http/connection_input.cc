// How a connection gets its requests: the half of connection.h that reads.

#include <cstring>

#include <boost/asio/awaitable.hpp>

#include "http/connection.h"

namespace pd::http {
namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

// A string that once held much gives its memory back.
void empty(std::string& text) {
  constexpr std::size_t worth_keeping = 256;
  text.clear();
  if (text.capacity() > worth_keeping) std::string().swap(text);
}

}  // namespace

// Waits for a request to begin. Meanwhile it holds no buffer, and nothing of the request before.
Connection::Wait Connection::first_bytes() {
  if (!input().empty()) {
    enter(Phase::header);
    co_return true;
  }
  release_block();
  forget_request();
  enter(Phase::idle);
  // Nearly always the next request is still to come: waiting first saves an attempt to read.
  bool try_first = stream_.buffered() || served_ == 0;
  for (;;) {
    if (!try_first && !worker_.draining()) {
      const bool readable = co_await ready(Step::want_read);
      if (!readable && !worker_.draining()) co_return false;
    }
    if (late()) co_return false;
    try_first = false;
    make_room();
    const Moved moved = stream_.read({block_.get() + end_, settings_.limits.header_bytes - end_});
    if (moved.step == Step::done) {
      end_ += moved.bytes;
      enter(Phase::header);
      co_return true;
    }
    release_block();
    if (moved.step == Step::closed || moved.step == Step::failed || worker_.draining()) {
      stream_.finish();
      co_return false;
    }
  }
}

boost::asio::awaitable<Connection::Outcome> Connection::read_request(Parser& parser) {
  std::size_t scanned = 0;
  std::size_t end = 0;
  for (;;) {
    // RFC 9112, 2.2: an empty line before a request is to be ignored.
    while (input().starts_with("\r\n"))
      consume(2);
    // Neither HTTP nor about to become it: no need to wait for the end.
    if (!input().empty() && input() != "\r" && (input()[0] < 'A' || input()[0] > 'Z')) status_ = 400;
    end = head_end(input(), scanned);
    if (end == 0 && end_ - begin_ >= settings_.limits.header_bytes) {
      status_ = input().find("\r\n") == std::string_view::npos ? 414 : 431;
    }
    if (end != 0 || status_ != 0) break;
    const bool more = co_await fill();
    if (more) continue;
    if (!expired_) co_return Outcome::ended;
    status_ = 408;
    break;
  }
  if (status_ == 0) status_ = parser.head(input().substr(0, end));
  if (status_ != 0) co_return Outcome::refused;
  consume(end);
  if (parser.complete()) co_return Outcome::read;
  co_return co_await read_body(parser);
}

boost::asio::awaitable<Connection::Outcome> Connection::read_body(Parser& parser) {
  enter(Phase::body);
  if (parser.expects_continue() && input().empty()) {
    const bool sent = co_await send(go_on, {});
    if (!sent) co_return Outcome::ended;
  }
  for (;;) {
    while (!input().empty() && !parser.complete()) {
      const Parser::Progress progress = parser.body(input());
      consume(progress.used);
      status_ = progress.status;
      // A line of the chunked coding that fills the whole buffer will not become shorter.
      if (status_ == 0 && progress.used == 0 && end_ - begin_ >= settings_.limits.header_bytes) status_ = 400;
      if (status_ != 0) co_return Outcome::refused;
      if (progress.used == 0) break;
    }
    if (parser.complete()) co_return Outcome::read;
    const bool more = co_await fill();
    if (more) continue;
    if (!expired_) co_return Outcome::ended;
    status_ = 408;
    co_return Outcome::refused;
  }
}

// Reads more of the request. There is room: whoever calls has seen to it that a full buffer is an error.
Connection::Wait Connection::fill() {
  make_room();
  for (;;) {
    const Moved moved = stream_.read({block_.get() + end_, settings_.limits.header_bytes - end_});
    if (moved.step == Step::done) {
      end_ += moved.bytes;
      co_return true;
    }
    if (moved.step == Step::closed || moved.step == Step::failed) co_return false;
    const bool in_time = co_await ready(moved.step);
    if (!in_time) co_return false;
  }
}

void Connection::consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

void Connection::make_room() {
  if (!block_) block_ = worker_.take_block();
  if (begin_ == 0) return;
  std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

void Connection::forget_request() {
  constexpr std::size_t worth_keeping = 16;
  for (std::string* text : {&request_.target, &request_.path, &request_.body})
    empty(*text);
  request_.headers.clear();
  if (request_.headers.capacity() > worth_keeping) std::vector<Header>().swap(request_.headers);
}

void Connection::release_block() {
  begin_ = end_ = 0;
  if (block_) worker_.give_block(std::move(block_));
}

}  // namespace pd::http
