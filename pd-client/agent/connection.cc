#include "agent/connection.h"

#include <array>
#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "directory/failure.h"

namespace pd::agent {

namespace asio = boost::asio;

namespace {

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::chrono::milliseconds finish_time{1'000};

}  // namespace

Connection::Connection(Stream stream, OnRequest on_request)
    : stream_(std::move(stream)),
      on_request_(std::move(on_request)),
      written_(stream_.get_executor()),
      drained_(stream_.get_executor()) {}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  asio::co_spawn(
      stream_.get_executor(), [self] { return self->write_all(); }, asio::detached);
  bool more = true;
  while (more && !finishing_ && !closed_) {
    if (waiting_.size() + output_.size() > enough_output) {
      co_await drained_.wait();
    } else if (const auto line = reader_.next()) {
      handle(*line);
    } else if (reader_.overflown()) {
      send(encode(Answer{{}, tl::unexpected(Refusal{Code::request, "the line is too long (AGT-5)"})}));
      break;
    } else {
      more = co_await read_some();
    }
  }
  finish();
  while (!writing_over_) {
    co_await drained_.wait();
  }
  patience_.reset();
  close();
}

asio::awaitable<bool> Connection::read_some() {
  std::array<char, read_bytes> buffer;
  boost::system::error_code error;
  const std::size_t size =
      co_await stream_.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
  reader_.feed({buffer.data(), error ? 0 : size});
  co_return !error;
}

void Connection::handle(const std::string& line) {
  const auto request = parse_request(line);
  if (!request) {
    const auto& bad = request.error();
    send(encode(Answer{bad.id, tl::unexpected(Refusal{bad.code, directory::describe(bad.error)})}));
    return;
  }
  auto result = on_request_(*this, *request);
  if (!request->id.is_null()) {
    send(encode(Answer{request->id, std::move(result)}));
  }
}

void Connection::send(const std::string& line) {
  if (closed_ || writing_over_) {
    return;
  }
  if (waiting_.size() + output_.size() + line.size() > too_much_output) {
    close();
    return;
  }
  waiting_ += line;
  written_.notify();
}

void Connection::finish() {
  if (!std::exchange(finishing_, true)) {
    patience_.emplace(stream_.get_executor(), finish_time, [this] { close(); });
    boost::system::error_code ignored;
    stream_.shutdown(Stream::shutdown_receive, ignored);
    written_.notify();
    drained_.notify();
  }
}

void Connection::close() {
  if (!std::exchange(closed_, true)) {
    boost::system::error_code ignored;
    stream_.close(ignored);
    written_.notify();
    drained_.notify();
  }
}

asio::awaitable<void> Connection::write_all() {
  boost::system::error_code error;
  while (!error && !closed_ && !(finishing_ && waiting_.empty())) {
    if (waiting_.empty()) {
      co_await written_.wait();
      continue;
    }
    output_ = std::exchange(waiting_, {});
    co_await asio::async_write(stream_, asio::buffer(output_), asio::redirect_error(asio::use_awaitable, error));
    output_.clear();
    drained_.notify();
  }
  writing_over_ = true;
  close();
}

}  // namespace pd::agent
