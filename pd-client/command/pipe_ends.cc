#include "command/pipe_ends.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "session/channel.h"

namespace pd::command {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_buffered = 512 * 1024;
constexpr std::size_t at_once = 64 * 1024;

}  // namespace

StandardEnds::StandardEnds(const asio::any_io_executor& executor, std::function<void(const std::string&)> on_over)
    : on_over_(std::move(on_over)), input_(executor), taken_(executor) {
  boost::system::error_code error;
  input_.assign(::dup(STDIN_FILENO), error);
}

void StandardEnds::begun(session::Channel& channel) {
  channel_ = &channel;
  asio::co_spawn(input_.get_executor(), read(), asio::detached);
}

// Reads ahead of what was taken, until the input or the pipe ends.
asio::awaitable<void> StandardEnds::read() {
  while (channel_ != nullptr && !ended_) {
    while (channel_ != nullptr && buffer_.size() >= most_buffered) {
      co_await taken_.wait();
    }
    boost::system::error_code error;
    if (waits_) {
      co_await input_.async_wait(asio::posix::stream_descriptor::wait_read,
                                 asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await asio::post(input_.get_executor(), asio::use_awaitable);  // others have their turn
    }
    waits_ = waits_ && error != asio::error::operation_not_supported;  // a plain file need not be waited for
    if (channel_ == nullptr) {
      co_return;
    }
    if (!error || !waits_) {
      read_some();
    } else {
      ended_ = true;
      channel_->resupply();
    }
  }
}

void StandardEnds::read_some() {
  const auto before = buffer_.size();
  buffer_.resize(before + at_once);
  const auto size = ::read(STDIN_FILENO, buffer_.data() + before, at_once);
  const bool again = size < 0 && (errno == EINTR || errno == EAGAIN);
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(0, size)));
  ended_ = size <= 0 && !again;
  channel_->resupply();
}

std::string StandardEnds::take(std::size_t most) {
  std::string bytes = buffer_.substr(0, most);
  buffer_.erase(0, bytes.size());
  taken_.notify();
  return bytes;
}

bool StandardEnds::write(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto size = ::write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (size < 0 && errno == EAGAIN) {  // somebody who shares it made it so
      pollfd output{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&output, 1, -1);
    } else if (size < 0 && errno != EINTR) {
      return false;
    }
    done += static_cast<std::size_t>(std::max<ssize_t>(0, size));
  }
  return true;
}

// Whoever reads our output sees its end, while our input goes on.
void StandardEnds::end() {
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) {
    ::dup2(nowhere, STDOUT_FILENO);
    ::close(nowhere);
  }
}

void StandardEnds::over(const std::string& why) {
  channel_ = nullptr;
  boost::system::error_code ignored;
  input_.close(ignored);
  taken_.notify();
  on_over_(why);
}

}  // namespace pd::command
