#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "agent/rpc.h"
#include "agent/socket.h"
#include "session/wake.h"

namespace pd::agent {

// A program's side of the agent's socket. One thread.
class Client : public std::enable_shared_from_this<Client> {
 public:
  using OnNotification = std::function<void(const Notification&)>;

  Client(Stream stream, OnNotification on_notification);

  // Reads until the agent is gone or close(). Every call() needs it at work. Call it once.
  boost::asio::awaitable<void> run();

  // Asks, and returns the result. Throws directory::Failure: usage for params that the agent refuses, otherwise failed;
  // also when the agent is gone.
  // Asks at once; the answer is what is awaited. Give `params` a variable: g++ 12 destroys a temporary twice that
  // stands in a co_await expression.
  boost::asio::awaitable<Json> call(std::string_view method, const Json& params = empty());
  // The same where the answer is of no interest.
  void tell(std::string_view method, const Json& params);

  void close();

 private:
  struct Pending {
    explicit Pending(const boost::asio::any_io_executor& executor) : answered(executor) {}
    std::optional<Answer> answer;
    session::Wake answered;
  };

  static const Json& empty();
  boost::asio::awaitable<Json> answer_of(std::shared_ptr<Pending> pending);
  void write(const std::string& line);
  boost::asio::awaitable<void> write_all();
  boost::asio::awaitable<bool> read_some();
  void handle(const std::string& line);

  Stream stream_;
  OnNotification on_notification_;
  LineReader reader_;
  std::string output_;
  bool writing_ = false;
  bool over_ = false;
  std::uint64_t calls_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Pending>> pending_;
};

// Asks the agent of a home one thing, and waits for the answer, ten seconds at most. Nothing when there is no agent.
// Blocks. Throws directory::Failure as call() does.
std::optional<Json> ask(const std::filesystem::path& home, const std::string& method,
                        const Json& params = Json::object());

}  // namespace pd::agent
