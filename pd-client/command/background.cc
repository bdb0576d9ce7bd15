#include "command/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "agent/client.h"

namespace pd::command {

using directory::Failure;
using directory::Kind;

namespace {

// Between taking listen.lock and listening on its socket an agent does nothing that takes time.
constexpr int looks = 10;
constexpr std::chrono::milliseconds between_looks{20};

int status_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return 1;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void redirect(int stream, int flags) {
  const int null = ::open("/dev/null", flags | O_CLOEXEC);
  if (null >= 0) {
    ::dup2(null, stream);
    ::close(null);
  }
}

// Nothing where no name is short enough (AGT-1): then there is no agent, and everything goes without one.
std::optional<std::filesystem::path> socket_of(const std::filesystem::path& home) {
  try {
    return agent::socket_path(home);
  } catch (const Failure&) {
    return std::nullopt;
  }
}

bool answers(const std::filesystem::path& socket) {
  boost::asio::io_context io;
  return agent::connect(io.get_executor(), socket).has_value();
}

bool may_start() {
  const char* wish = std::getenv("PD_AGENT");
  return wish == nullptr || std::strcmp(wish, "off") != 0;
}

// pdctl with the same global options, wherever it is started.
std::vector<std::string> command_line(const Globals& globals, const std::filesystem::path& home) {
  std::vector<std::string> line = {"pdctl", "--home", std::filesystem::absolute(home).string()};
  if (globals.ca_file) {
    line.insert(line.end(), {"--ca-file", std::filesystem::absolute(*globals.ca_file).string()});
  }
  for (const auto& text : globals.resolve) {
    line.insert(line.end(), {"--resolve", text});
  }
  line.insert(line.end(), {"agent", "--background", "--no-listen"});
  return line;
}

// Runs the program that this process is, and waits for the part of it that does not go on.
void run_self(std::vector<std::string> line) {
  std::vector<char*> arguments;
  for (auto& word : line) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    redirect(STDOUT_FILENO, O_WRONLY);
    redirect(STDERR_FILENO, O_WRONLY);
    ::execv("/proc/self/exe", arguments.data());
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  if (child > 0) {
    status_of(child);
  }
}

}  // namespace

Background Background::split() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Failure(Kind::failed, std::string("cannot start the agent: ") + std::strerror(errno));
  }
  const pid_t child = ::fork();
  if (child < 0) {
    throw Failure(Kind::failed, std::string("cannot start the agent: ") + std::strerror(errno));
  }
  if (child == 0) {
    ::close(ends[0]);
    ::setsid();
    redirect(STDIN_FILENO, O_RDONLY);
    return {ends[1], 0, false};
  }
  ::close(ends[1]);
  char byte = 0;
  ssize_t size = 0;
  do {
    size = ::read(ends[0], &byte, 1);
  } while (size < 0 && errno == EINTR);
  ::close(ends[0]);
  return {-1, size == 1 ? 0 : status_of(child), true};
}

Background::~Background() {
  if (ready_ >= 0) {
    ::close(ready_);
  }
}

void Background::ready() {
  const char byte = 1;
  if (::write(ready_, &byte, 1) < 0) {
    return;  // the parent was killed; nobody waits
  }
  ::close(std::exchange(ready_, -1));
}

Failure no_agent(Context& context) {
  return {Kind::failed, "no agent runs in " + context.home().path().string(), "pdctl agent starts one"};
}

agent::Stream stream_to_agent(Context& context, const boost::asio::any_io_executor& executor) {
  auto stream = agent::connect(executor, agent::socket_path(context.home().path()));
  if (!stream) {
    throw Failure(Kind::failed, "the agent has ended");
  }
  return *std::move(stream);
}

agent::Json ask_agent(Context& context, const std::string& method, const agent::Json& params) {
  auto answer = agent::ask(context.home().path(), method, params);
  if (!answer) {
    throw no_agent(context);
  }
  return *std::move(answer);
}

bool have_agent(Context& context) {
  const auto& home = context.home().path();
  const auto socket = socket_of(home);
  if (!socket) {
    return false;
  }
  if (answers(*socket)) {
    return true;
  }
  if (!may_start() || !context.home().account()) {
    return false;
  }
  run_self(command_line(context.globals(), home));
  for (int look = 0; look < looks; ++look) {
    if (answers(*socket)) {
      return true;
    }
    std::this_thread::sleep_for(between_looks);
  }
  return false;
}

}  // namespace pd::command
