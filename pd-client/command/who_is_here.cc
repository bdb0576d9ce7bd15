#include "command/who_is_here.h"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "agent/client.h"
#include "command/background.h"
#include "session/wake.h"

namespace pd::command {

namespace asio = boost::asio;
using directory::Failure;
using directory::Kind;

namespace {

constexpr std::chrono::seconds patience{3};

// One question to the agent, and what it tells afterwards.
class Inquiry {
 public:
  explicit Inquiry(Context& context)
      : signals_(io_, SIGINT, SIGTERM, SIGHUP),
        changed_(io_.get_executor()),
        client_(std::make_shared<agent::Client>(stream_to_agent(context, io_.get_executor()),
                                                [this](const auto& told) { hear(told); })) {}

  std::set<std::string> run() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      interrupted_ = !error;
      end();
    });
    asio::co_spawn(io_, client_->run(), [this](const std::exception_ptr&) { end(); });
    asio::co_spawn(io_, ask(), [this](const std::exception_ptr& failure) {
      failure_ = failure;
      end();
    });
    io_.run_for(patience);
    if (!answered_ && !interrupted_) {
      give_up();
    }
    return std::move(here_);
  }

 private:
  asio::awaitable<void> ask() {
    co_await client_->call("subscribe");
    const auto answer = co_await client_->call("who_is_here");
    here_.merge(answer.at("here").get<std::set<std::string>>());
    silent_ = answer.at("asked").get<std::size_t>();
    answered_ = true;
    while (silent_ > 0 && !over_) {
      co_await changed_.wait();
    }
  }

  void hear(const agent::Notification& told) {
    if (told.method != "here" || !here_.insert(told.params.at("with").get<std::string>()).second) {
      return;
    }
    if (silent_ > 0) {
      --silent_;
      changed_.notify();
    }
  }

  [[noreturn]] void give_up() const {
    if (failure_) {
      std::rethrow_exception(failure_);
    }
    throw Failure(Kind::failed, "the agent does not answer");
  }

  void end() {
    over_ = true;
    changed_.notify();
    client_->close();
    boost::system::error_code ignored;
    signals_.cancel(ignored);
  }

  asio::io_context io_{1};
  asio::signal_set signals_;
  session::Wake changed_;
  std::shared_ptr<agent::Client> client_;
  std::set<std::string> here_;
  std::size_t silent_ = 0;  // of those who were asked
  bool answered_ = false;   // by the agent
  bool interrupted_ = false;
  bool over_ = false;
  std::exception_ptr failure_;
};

}  // namespace

std::set<std::string> who_is_here(Context& context) {
  context.home().require_account();
  if (!have_agent(context)) {
    throw no_agent(context);
  }
  return Inquiry(context).run();
}

}  // namespace pd::command
