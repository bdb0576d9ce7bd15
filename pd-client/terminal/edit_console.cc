#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <stdexcept>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "terminal/console.h"
#include "terminal/output.h"

namespace pd::terminal {

namespace asio = boost::asio;

namespace {

constexpr char prompt[] = "> ";
constexpr int remembered_lines = 500;
constexpr char end_of_input = 'D' & 0x1f;  // how libedit reports Ctrl+D on an empty line while unbuffered

const char* prompt_of(EditLine*) {
  return prompt;
}

enum class Input { none, waits, gone };

Input input_now() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) != 1) {
    return Input::none;
  }
  return (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? Input::gone : Input::waits;
}

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// How many columns `text`, in the encoding of the locale, takes.
std::size_t width(const char* text, std::size_t size) {
  std::size_t total = 0;
  std::mbstate_t state{};
  while (size > 0) {
    wchar_t c = 0;
    const std::size_t used = std::mbrtowc(&c, text, size, &state);
    if (used == 0 || used > size) {
      return total + size;
    }
    const int wide = ::wcwidth(c);
    total += wide > 0 ? static_cast<std::size_t>(wide) : 0;
    text += used;
    size -= used;
  }
  return total;
}

// libedit reads one key at a time here ("unbuffered"), so that between two keys the thread is free for other things.
class EditConsole final : public Console {
 public:
  EditConsole(const asio::any_io_executor& executor, ConsoleOptions options)
      : options_(std::move(options)), input_(executor, ::dup(STDIN_FILENO)), resized_(executor, SIGWINCH) {
    if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) {
      std::setlocale(LC_CTYPE, "C.UTF-8");
    }
    history_.reset(::history_init());
    editor_.reset(::el_init("pdctl", stdin, stdout, stderr));
    if (!history_ || !editor_) {
      throw std::runtime_error("the terminal cannot be used");
    }
    HistEvent event;
    ::history(history_.get(), &event, H_SETSIZE, remembered_lines);
    ::el_set(editor_.get(), EL_PROMPT, &prompt_of);
    ::el_set(editor_.get(), EL_EDITOR, "emacs");
    ::el_set(editor_.get(), EL_HIST, ::history, history_.get());
    ::el_set(editor_.get(), EL_SIGNAL, 0);  // signals are the command's
    ::el_source(editor_.get(), nullptr);    // ~/.editrc
    follow_size();
  }

  ~EditConsole() override { restore(); }

  asio::awaitable<std::optional<std::vector<std::string>>> read() override {
    while (!over_) {
      edit(true);
      boost::system::error_code error;
      co_await input_.async_wait(asio::posix::stream_descriptor::wait_read,
                                 asio::redirect_error(asio::use_awaitable, error));
      if (over_ || error) {
        break;
      }
      auto lines = read_keys();
      if (!lines.empty()) {
        co_return lines;
      }
    }
    co_return std::nullopt;
  }

  void close() override {
    over_ = true;
    restore();
    boost::system::error_code ignored;
    input_.close(ignored);
    resized_.cancel(ignored);
  }

  void print(std::string_view line) override {
    // Goes up to where the prompt begins and clears from there, writes the line, and lets libedit draw prompt and input
    // anew.
    std::string bytes;
    if (editing_) {
      const LineInfo* typed = ::el_line(editor_.get());
      const auto before_cursor = static_cast<std::size_t>(typed->cursor - typed->buffer);
      const std::size_t rows = (width(prompt, sizeof prompt - 1) + width(typed->buffer, before_cursor)) / columns();
      if (rows > 0) {
        bytes = "\x1b[" + std::to_string(rows) + "A";
      }
      bytes += "\r\x1b[J";
    }
    bytes.append(line).append("\r\n");
    const bool written = write_out(bytes);
    if (editing_ && written) {
      ::el_set(editor_.get(), EL_REFRESH);
    } else if (!written && options_.on_output_lost) {
      std::exchange(options_.on_output_lost, nullptr)();
    }
  }

  void restore() noexcept override {
    if (editing_) {
      edit(false);
      write_out("\r\x1b[J");
    }
  }

 private:
  struct EndEditor {
    void operator()(EditLine* editor) const { ::el_end(editor); }
  };
  struct EndHistory {
    void operator()(History* history) const { ::history_end(history); }
  };

  // Shows the prompt and takes keys one by one; or gives the terminal its own mode back.
  void edit(bool on) {
    if (editing_ != on) {
      editing_ = on;
      ::el_set(editor_.get(), EL_UNBUFFERED, on ? 1 : 0);
    }
  }

  std::vector<std::string> read_keys() {
    std::vector<std::string> lines;
    for (auto input = input_now(); !over_ && input != Input::none; input = input_now()) {
      if (input == Input::gone) {  // the terminal was closed
        over_ = true;
        break;
      }
      edit(true);
      int size = 0;
      const char* typed = ::el_gets(editor_.get(), &size);
      if ((typed == nullptr && size == 0) || (size == 1 && typed[0] == end_of_input)) {
        over_ = true;
        restore();
      } else if (typed != nullptr && size > 0 && (typed[size - 1] == '\n' || typed[size - 1] == '\r')) {
        std::string line(typed, static_cast<std::size_t>(size - 1));
        edit(false);
        remember(line);
        line.resize(std::min(line.size(), options_.max_line + 1));
        lines.push_back(std::move(line));
      }
    }
    return lines;
  }

  void remember(const std::string& line) {
    if (!line.empty()) {
      HistEvent event;
      ::history(history_.get(), &event, H_ENTER, line.c_str());
    }
  }

  void follow_size() {
    resized_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) {
        ::el_resize(editor_.get());
        follow_size();
      }
    });
  }

  ConsoleOptions options_;
  asio::posix::stream_descriptor input_;
  asio::signal_set resized_;
  std::unique_ptr<History, EndHistory> history_;
  std::unique_ptr<EditLine, EndEditor> editor_;
  bool editing_ = false;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<Console> open_edit_console(const asio::any_io_executor& executor, ConsoleOptions options) {
  return std::make_unique<EditConsole>(executor, std::move(options));
}

}  // namespace pd::terminal
