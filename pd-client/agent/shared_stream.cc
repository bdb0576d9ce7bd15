#include "agent/shared_stream.h"

#include <chrono>
#include <list>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "agent/socket.h"
#include "session/text.h"

namespace pd::agent {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_hearers = 32;
constexpr std::chrono::milliseconds pause_of_sharer{100};  // when there are no descriptors left
constexpr std::size_t longest_line = 64 * 1024;            // a signal is shorter (SGN-8)
constexpr std::string_view signal_word = "signal ";
constexpr std::string_view lost_word = "lost ";

// All of it goes into the socket's own buffer, or whoever is at the other end does not read.
bool write_at_once(Stream& stream, std::string_view line) {
  boost::system::error_code error;
  const auto size = stream.send(asio::buffer(line.data(), line.size()), 0, error);
  return !error && size == line.size();
}

// They say nothing, so what can be read is the end.
bool has_left(Stream& stream) {
  char byte = 0;
  boost::system::error_code error;
  stream.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  return error != asio::error::would_block;
}

}  // namespace

class StreamSharer::State : public std::enable_shared_from_this<State> {
 public:
  State(const asio::any_io_executor& executor, std::filesystem::path path)
      : path_(std::move(path)), acceptor_(open_socket(executor, path_)), rest_(executor) {}

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const boost::system::error_code& error, Stream stream) {
      if (error == asio::error::operation_aborted || !self->acceptor_.is_open()) {
        return;
      }
      if (!error) {
        self->enter(std::move(stream));
        self->accept();
        return;
      }
      self->rest_.expires_after(pause_of_sharer);
      self->rest_.async_wait([self](const boost::system::error_code& ended) {
        if (!ended) {
          self->accept();
        }
      });
    });
  }

  void tell(const std::string& line) {
    hearers_.remove_if([&](Stream& stream) { return !write_at_once(stream, line); });
  }

  void tell_standing(std::string line) {
    standing_ = std::move(line);
    tell(standing_);
  }

  void close() {
    std::error_code not_removed;
    std::filesystem::remove(path_, not_removed);
    boost::system::error_code not_closed;
    acceptor_.close(not_closed);
    rest_.cancel();
    hearers_.clear();
  }

 private:
  void enter(Stream stream) {
    hearers_.remove_if(has_left);
    boost::system::error_code error;
    stream.non_blocking(true, error);
    if (!error && is_own(stream) && hearers_.size() < most_hearers && write_at_once(stream, standing_)) {
      hearers_.push_back(std::move(stream));
    }
  }

  const std::filesystem::path path_;
  Acceptor acceptor_;
  asio::steady_timer rest_;
  std::list<Stream> hearers_;
  std::string standing_ = "lost it is being opened\n";
};

StreamSharer::StreamSharer(const asio::any_io_executor& executor, std::filesystem::path path)
    : state_(std::make_shared<State>(executor, std::move(path))) {
  state_->accept();
}

StreamSharer::~StreamSharer() {
  state_->close();
}

void StreamSharer::opened() {
  state_->tell_standing("open\n");
}

void StreamSharer::lost(const std::string& why) {
  state_->tell_standing(std::string(lost_word) + session::one_safe_line(why) + "\n");
}

void StreamSharer::signal(const std::string& signal) {
  if (signal.find('\n') == std::string::npos) {
    state_->tell(std::string(signal_word) + signal + "\n");
  }
}

asio::awaitable<bool> hear_stream(std::filesystem::path path, StreamHearer& hearer) {
  auto stream = connect(co_await asio::this_coro::executor, path);
  if (!stream) {
    co_return false;
  }
  std::string buffer;
  while (true) {
    boost::system::error_code error;
    const auto size = co_await asio::async_read_until(*stream, asio::dynamic_buffer(buffer, longest_line), '\n',
                                                      asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) {
      throw boost::system::system_error(error);
    }
    if (error) {
      co_return true;
    }
    const auto line = buffer.substr(0, size - 1);
    buffer.erase(0, size);
    if (line == "open") {
      hearer.heard_open();
    } else if (line.starts_with(lost_word)) {
      hearer.heard_lost(line.substr(lost_word.size()));
    } else if (line.starts_with(signal_word)) {
      hearer.heard_signal(line.substr(signal_word.size()));
    }
  }
}

}  // namespace pd::agent
