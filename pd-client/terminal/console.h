#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace pd::terminal {

// Lines from a person or a program, and lines for them, on standard input and output. One thread.
class Console {
 public:
  virtual ~Console() = default;

  // The next lines, at least one, without their ends; nothing when the input is at its end or close() was called. A
  // line longer than the console's bound is cut off one byte after it.
  virtual boost::asio::awaitable<std::optional<std::vector<std::string>>> read() = 0;
  virtual void close() = 0;

  // Writes one line at once. It must be safe to show.
  virtual void print(std::string_view line) = 0;

  // Leaves the terminal as it was found. Before the process is left without destructors.
  virtual void restore() noexcept = 0;
};

struct ConsoleOptions {
  std::size_t max_line = 16 * 1024;
  std::function<void()> on_output_lost;  // nobody reads standard output any more; called once
};

// Plain lines, on pipes and files.
std::unique_ptr<Console> open_pipe_console(const boost::asio::any_io_executor& executor, ConsoleOptions options);

// A terminal: the line that is being edited (libedit) stays below what is printed.
std::unique_ptr<Console> open_edit_console(const boost::asio::any_io_executor& executor, ConsoleOptions options);

// Nothing is read, and lines go to standard error: for programs whose input and output are somebody's bytes.
std::unique_ptr<Console> open_error_console();

}  // namespace pd::terminal
