#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "terminal/console.h"
#include "terminal/output.h"

namespace pd::terminal {

namespace asio = boost::asio;

namespace {

constexpr std::size_t read_bytes = 8 * 1024;

class PipeConsole final : public Console {
 public:
  PipeConsole(const asio::any_io_executor& executor, ConsoleOptions options)
      : options_(std::move(options)), input_(executor) {
    boost::system::error_code error;
    input_.assign(::dup(STDIN_FILENO), error);
  }

  asio::awaitable<std::optional<std::vector<std::string>>> read() override {
    std::vector<std::string> lines;
    while (lines.empty() && !over_) {
      const auto error = co_await wait();
      if (over_ || error) {
        break;
      }
      lines = read_some();
    }
    if (lines.empty()) {
      co_return std::nullopt;
    }
    co_return lines;
  }

  void close() override {
    over_ = true;
    boost::system::error_code ignored;
    input_.close(ignored);
  }

  void print(std::string_view line) override {
    if (!lost_ && !write_out(std::string(line) + "\n")) {
      lost_ = true;
      if (options_.on_output_lost) {
        options_.on_output_lost();
      }
    }
  }

  void restore() noexcept override {}

 private:
  asio::awaitable<boost::system::error_code> wait() {
    boost::system::error_code error;
    if (waits_) {
      // Waiting, then reading, leaves the mode of the descriptor alone: it is shared with other processes.
      co_await input_.async_wait(asio::posix::stream_descriptor::wait_read,
                                 asio::redirect_error(asio::use_awaitable, error));
    } else {
      co_await asio::post(input_.get_executor(), asio::use_awaitable);  // others have their turn
    }
    if (error == asio::error::operation_not_supported) {  // a plain file cannot be waited for, and need not
      waits_ = false;
      error.clear();
    }
    co_return error;
  }

  std::vector<std::string> read_some() {
    std::array<char, read_bytes> buffer;
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) {
      return {};
    }
    std::vector<std::string> lines;
    if (size <= 0) {
      over_ = true;
      if (!partial_.empty()) {
        lines.push_back(std::exchange(partial_, {}));  // the last line has no end
      }
      return lines;
    }
    for (const char c : std::string_view(buffer.data(), static_cast<std::size_t>(size))) {
      if (c == '\n') {
        lines.push_back(std::exchange(partial_, {}));
      } else if (partial_.size() <= options_.max_line) {
        partial_ += c;
      }
    }
    return lines;
  }

  ConsoleOptions options_;
  asio::posix::stream_descriptor input_;
  bool waits_ = true;
  bool over_ = false;
  bool lost_ = false;
  std::string partial_;
};

}  // namespace

bool write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
  return true;
}

std::unique_ptr<Console> open_pipe_console(const asio::any_io_executor& executor, ConsoleOptions options) {
  return std::make_unique<PipeConsole>(executor, std::move(options));
}

}  // namespace pd::terminal
