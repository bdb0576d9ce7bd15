#include <unistd.h>

#include <cerrno>
#include <string>

#include "terminal/console.h"

namespace pd::terminal {

namespace {

class ErrorConsole final : public Console {
 public:
  boost::asio::awaitable<std::optional<std::vector<std::string>>> read() override { co_return std::nullopt; }
  void close() override {}
  void print(std::string_view line) override {
    const auto text = std::string(line) + "\n";
    while (::write(STDERR_FILENO, text.data(), text.size()) < 0 && errno == EINTR) {
    }
  }
  void restore() noexcept override {}
};

}  // namespace

std::unique_ptr<Console> open_error_console() {
  return std::make_unique<ErrorConsole>();
}

}  // namespace pd::terminal
