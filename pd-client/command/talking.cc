#include "command/talking.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <utility>

#include <boost/asio/post.hpp>

#include "command/report.h"
#include "directory/lookup.h"
#include "terminal/tty.h"

namespace pd::command {

namespace {

bool on_terminal() {
  return terminal::is_terminal(terminal::Stream::input) && terminal::is_terminal(terminal::Stream::output);
}

Style style_of(const Context& context) {
  return context.json() ? Style::json : on_terminal() ? Style::terminal : Style::pipe;
}

std::unique_ptr<terminal::Console> open_console(Talking& talking, Style style, Lines lines) {
  if (lines == Lines::on_error) {
    return terminal::open_error_console();
  }
  terminal::ConsoleOptions options;
  options.max_line = session::max_text_bytes + 512;  // `listen` writes an address before the text
  options.on_output_lost = [&talking] { boost::asio::post(talking.io, [&talking] { talking.on_interrupt(); }); };
  return style == Style::terminal && lines == Lines::typed
             ? terminal::open_edit_console(talking.executor(), std::move(options))
             : terminal::open_pipe_console(talking.executor(), std::move(options));
}

bool is_quit(const std::string& line) {
  const auto word = std::string_view(line).substr(0, line.find_last_not_of(' ') + 1);
  return word == "/quit" || word == "/exit";
}

}  // namespace

Talking::Talking(Context& owner, std::size_t threads, Lines lines)
    : on_interrupt([] {}),
      context(owner),
      self(own_credentials(owner)),
      console(open_console(*this, style_of(owner), lines)),
      view(style_of(owner), *console),
      history(owner.home().path() / "history.db"),
      people(owner.lookup(), self),
      workers(executor(), threads),
      signals_(io, SIGINT, SIGTERM, SIGHUP) {
  wait_for_signal();
}

Talking::~Talking() {
  console->restore();
}

bool Talking::interactive() const {
  return on_terminal();
}

boost::asio::awaitable<std::optional<std::vector<std::string>>> Talking::read() {
  if (quit_) {
    co_return std::nullopt;
  }
  auto lines = co_await console->read();
  if (lines && interactive()) {
    const auto quit = std::find_if(lines->begin(), lines->end(), is_quit);
    quit_ = quit != lines->end();
    lines->erase(quit, lines->end());
    if (lines->empty()) {
      co_return std::nullopt;
    }
  }
  co_return lines;
}

void Talking::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (!error) {
      interrupt(signal);
    }
  });
}

void Talking::interrupt(int signal) {
  if (std::exchange(interrupted_, true)) {
    console->restore();
    std::_Exit(128 + signal);
  }
  wait_for_signal();
  on_interrupt();
}

void Talking::over() {
  console->close();
  boost::system::error_code ignored;
  signals_.cancel(ignored);
}

void Talking::end_on_signal() {
  boost::system::error_code ignored;
  signals_.clear(ignored);
}

int Talking::leave(int status) {
  if (!workers.idle()) {
    console->restore();
    std::cout.flush();
    std::cerr.flush();
    std::_Exit(status);
  }
  return status;
}

void Talking::rethrow(const std::exception_ptr& failure) {
  console->restore();
  if (workers.idle()) {
    std::rethrow_exception(failure);
  }
  leave(report(failure));
}

std::vector<std::string> sendable(std::vector<std::string> lines, View& view) {
  std::vector<std::string> texts;
  for (auto& line : lines) {
    if (line.empty()) {
      continue;
    }
    if (const auto fine = session::check_text(line); !fine) {
      view.note("not_sent", "a line was not sent: " + fine.error().message);
    } else {
      texts.push_back(std::move(line));
    }
  }
  return texts;
}

}  // namespace pd::command
