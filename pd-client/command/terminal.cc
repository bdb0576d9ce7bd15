#include "command/terminal.h"

#include <fcntl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

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
  Tty() : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (file_ < 0 || tcgetattr(file_, &before_) != 0) {
      if (file_ >= 0) ::close(file_);
      throw directory::Failure(directory::Kind::usage, "there is no terminal to ask on",
                               "give what is asked for as an option; see pdctl --help");
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

  // One line without its end; nothing when a signal interrupted.
  std::optional<Secret> line(const HeldSignals& signals) {
    Secret answer;
    answer.reserve(max_answer);
    char c = 0;
    while (signals.wait_readable(file_)) {
      if (::read(file_, &c, 1) != 1) throw directory::Failure(directory::Kind::failed, "no answer");
      if (c == '\n') return answer;
      if (answer.size() < max_answer) answer.append({&c, 1});
    }
    return {};
  }

 private:
  int file_;
  termios before_{};
};

Secret ask(std::string_view prompt, bool hidden) {
  std::optional<Secret> answer;
  {
    const HeldSignals signals;
    Tty tty;
    if (hidden) tty.hide();
    tty.say(prompt);
    answer = tty.line(signals);
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

Secret ask_secret(std::string_view prompt) {
  return ask(prompt, true);
}

std::string ask_line(std::string_view prompt) {
  return std::string(ask(prompt, false).view());
}

Secret ask_new_secret(std::string_view prompt) {
  for (;;) {
    Secret first = ask_secret(prompt);
    if (first.empty()) return first;
    const auto second = ask_secret("The same again: ");
    if (first == second) return first;
    prompt = "They differ. Passphrase for your identity key (empty: none): ";
  }
}

void confirm(std::string_view question, bool yes) {
  if (yes) return;
  if (!is_terminal(Stream::input))
    throw directory::Failure(directory::Kind::usage, std::string(question) + " Nobody is there to answer.",
                             "add --yes");
  if (ask_line(std::string(question) + " Type yes: ") != "yes")
    throw directory::Failure(directory::Kind::failed, "not done");
}

}  // namespace pd::command
