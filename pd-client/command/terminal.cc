#include "command/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <csignal>
#include <optional>

#include "directory/failure.h"
#include "terminal/tty.h"

namespace pd::command {
namespace {

using identity::Secret;
using terminal::is_terminal;
using terminal::Stream;

constexpr std::size_t max_answer = 1024;

volatile std::sig_atomic_t arrived = 0;  // the signal that came while HeldSignals lived

// While this lives Ctrl+C does not kill at once: it ends the wait for input, so that the terminal can be put back
// first.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      sigaddset(&held, signal);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
    arrived = 0;
    struct sigaction wake {};
    wake.sa_handler = [](int signal) { arrived = signal; };
    sigaction(SIGINT, &wake, &old_interrupt_);
    sigaction(SIGTERM, &wake, &old_terminate_);
    sigaction(SIGHUP, &wake, &old_hangup_);
  }
  ~HeldSignals() {
    sigaction(SIGINT, &old_interrupt_, nullptr);
    sigaction(SIGTERM, &old_terminate_, nullptr);
    sigaction(SIGHUP, &old_hangup_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // False when a signal came first.
  bool wait_readable(int file) const {
    fd_set files;
    FD_ZERO(&files);
    FD_SET(file, &files);
    return pselect(file + 1, &files, nullptr, nullptr, nullptr, &before_) > 0;
  }

 private:
  sigset_t before_;
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
  struct sigaction old_hangup_ {};
};

class Tty {
 public:
  explicit Tty(std::string_view option) : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (file_ < 0 || tcgetattr(file_, &before_) != 0) {
      if (file_ >= 0) ::close(file_);
      throw directory::Failure(directory::Kind::usage, "there is no terminal to ask on",
                               "answer with " + std::string(option));
    }
  }
  ~Tty() {
    tcsetattr(file_, TCSAFLUSH, &before_);
    ::close(file_);
  }
  Tty(const Tty&) = delete;
  Tty& operator=(const Tty&) = delete;

  void hide() {
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    hidden.c_lflag |= ECHONL;
    tcsetattr(file_, TCSAFLUSH, &hidden);
  }

  void say(std::string_view text) {
    if (::write(file_, text.data(), text.size()) < 0)
      throw directory::Failure(directory::Kind::failed, "the terminal is gone");
  }

  enum class Line { whole, last, interrupted };

  // Appends a line, without its end and no further than max_answer; the last one may have none.
  Line read_line(const HeldSignals& signals, Secret& answer) {
    char c = 0;
    while (signals.wait_readable(file_)) {
      const auto got = ::read(file_, &c, 1);
      if (got != 1) return Line::last;
      if (c == '\n') return Line::whole;
      if (answer.size() < max_answer) answer.append({&c, 1});
    }
    return Line::interrupted;
  }

  // What was pasted beyond what was asked for, also where it is still on its way: the shell must not take it for
  // commands.
  void discard_rest() {
    for (int round = 0; round < 20; ++round) {
      pollfd more{file_, POLLIN, 0};
      if (::poll(&more, 1, 100) != 1 || (more.revents & POLLIN) == 0) return;
      tcflush(file_, TCIFLUSH);
    }
  }

 private:
  int file_;
  termios before_{};
};

std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (const unsigned char c : text) {
    const bool space = std::isspace(c) != 0;
    count += !space && !inside ? 1 : 0;
    inside = !space;
  }
  return count;
}

std::optional<Secret> read_one_line(Tty& tty, const HeldSignals& signals) {
  Secret answer;
  answer.reserve(max_answer);
  const auto line = tty.read_line(signals, answer);
  if (line == Tty::Line::interrupted) return {};
  if (line == Tty::Line::last) throw directory::Failure(directory::Kind::failed, "no answer");
  return answer;
}

std::optional<Secret> read_words(Tty& tty, const HeldSignals& signals, std::size_t wanted) {
  Secret answer;
  answer.reserve(max_answer + 1);
  for (std::size_t known = 0; known < wanted && answer.size() < max_answer;) {
    const auto before = answer.size();
    const auto line = tty.read_line(signals, answer);
    if (line == Tty::Line::interrupted) return {};
    if (line == Tty::Line::last || answer.size() == before) break;
    answer.append(" ");
    known = count_words(answer.view());
    if (known < wanted) tty.say(std::to_string(known) + " of " + std::to_string(wanted) + "; go on: ");
  }
  tty.discard_rest();
  return answer;
}

enum class Echo { on, off };

// `read` returns nothing when a signal interrupted.
template <class Read>
Secret ask(std::string_view prompt, std::string_view option, Echo echo, Read read) {
  std::optional<Secret> answer;
  {
    const HeldSignals signals;
    Tty tty(option);
    if (echo == Echo::off) tty.hide();
    tty.say(prompt);
    answer = read(tty, signals);
    if (!answer) tty.say("\n");
  }
  if (!answer) {
    // The signal was taken while the terminal was put back; now it does what it always does.
    raise(arrived != 0 ? arrived : SIGINT);
    throw directory::Failure(directory::Kind::failed, "interrupted");
  }
  return *std::move(answer);
}

}  // namespace

Secret ask_secret(std::string_view prompt, std::string_view option) {
  return ask(prompt, option, Echo::off, read_one_line);
}

Secret ask_secret_words(std::string_view prompt, std::size_t count, std::string_view option) {
  return ask(prompt, option, Echo::off,
             [count](Tty& tty, const HeldSignals& signals) { return read_words(tty, signals, count); });
}

std::string ask_line(std::string_view prompt, std::string_view option) {
  return std::string(ask(prompt, option, Echo::on, read_one_line).view());
}

Secret ask_new_secret(std::string_view prompt, std::string_view option) {
  for (;;) {
    Secret first = ask_secret(prompt, option);
    if (first.empty()) return first;
    const auto second = ask_secret("The same again: ", option);
    if (first == second) return first;
    prompt = "They differ. Passphrase for your identity key (empty: none): ";
  }
}

void confirm(std::string_view question, bool yes) {
  if (yes) return;
  if (!is_terminal(Stream::input))
    throw directory::Failure(directory::Kind::usage, std::string(question) + " Nobody is there to answer.",
                             "add --yes");
  if (ask_line(std::string(question) + " Type yes: ", "--yes") != "yes")
    throw directory::Failure(directory::Kind::failed, "not done");
}

}  // namespace pd::command
