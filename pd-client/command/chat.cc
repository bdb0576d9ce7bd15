#include <CLI/CLI.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "command/background.h"
#include "command/calling.h"
#include "command/chatting.h"
#include "command/command.h"
#include "command/describe.h"
#include "command/listening.h"
#include "command/talking.h"
#include "session/caller.h"

namespace pd::command {
namespace {

namespace asio = boost::asio;

constexpr std::size_t chat_threads = 4;  // one is the stream's
constexpr std::size_t most_history = 10'000;

class Chat final : session::Observer, session::Caller::Watcher, call::Calls::Watcher {
 public:
  Chat(Context& context, const ChatOptions& options)
      : options_(options),
        callee_(parse_address(options.address)),
        talk_(context, chat_threads),
        ready_(talk_.executor()),
        delivered_(talk_.executor()),
        gatekeeper_(open_gatekeeper(context, talk_.history, {})),
        calling_(calling_parts(), *this),
        caller_({talk_.executor(), talk_.workers, talk_.people, talk_.shared(*this), calling_, callee_}, *this) {}

  int run() {
    talk_.on_interrupt = [this] {
      interrupted_ = true;
      caller_.stop(session::Farewell::done);
    };
    for (const auto& entry : talk_.history.newest(callee_, options_.history)) {
      talk_.view.earlier(entry, talk_.self->address().text());
    }
    calling_.start();
    asio::co_spawn(talk_.io, call(), asio::detached);
    asio::co_spawn(talk_.io, type(), asio::detached);
    talk_.run();
    talk_.history.mark_read(callee_);  // all of it was shown
    return result();
  }

 private:
  Calling::Parts calling_parts() {
    auto parts = parts_of_calling(talk_, gatekeeper_, false);
    parts.on_calling = [this](const std::string& why) {
      if (why_.empty()) {
        why_ = why;
        talk_.view.calling(callee_.text(), why);
      }
    };
    parts.on_changed_network = [this] { caller_.probe(); };
    return parts;
  }

  asio::awaitable<void> call() {
    try {
      co_await caller_.run();
    } catch (...) {
      failure_ = std::current_exception();
    }
    over_ = true;
    ready_.notify();
    delivered_.notify();
    co_await hang_up(calling_, talk_);
  }

  asio::awaitable<void> type() {
    co_await ready_.wait();
    if (!over_) {
      talk_.view.advice("each line is sent; " + std::string(how_to_leave));
    }
    try {
      co_await send_lines();
      co_await wait_for_delivery();
    } catch (...) {
      failure_ = std::current_exception();
    }
    if (!over_) {
      caller_.stop(session::Farewell::done);
    }
  }

  asio::awaitable<void> send_lines() {
    while (!over_ && !interrupted_) {
      auto lines = co_await talk_.read();
      if (!lines) {
        break;
      }
      const auto texts = sendable(std::move(*lines), talk_.view);
      if (!texts.empty()) {
        talk_.history.write(callee_, texts, talk_.context.now());
        caller_.pump();
      }
    }
  }

  asio::awaitable<void> wait_for_delivery() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(options_.wait);
    const bool worth_it = caller_.connected() || !talk_.interactive();
    while (worth_it && !over_ && undelivered() > 0) {
      const bool in_time = co_await delivered_.wait(until);
      if (!in_time) {
        break;
      }
    }
  }

  std::size_t undelivered() { return talk_.history.count_undelivered(callee_); }

  int result() {
    const auto left = undelivered();
    if (failure_ && !interrupted_) {
      talk_.rethrow(failure_);
    }
    if (left == 0 || interrupted_ || talk_.interactive()) {
      if (left > 0) {
        talk_.view.waiting(callee_.text(), "the chat has ended", left);
      }
      return talk_.leave(0);
    }
    talk_.rethrow(std::make_exception_ptr(not_delivered(
        callee_, left, why_, "kept here; goes when both of you are there: pdctl chat " + callee_.text())));
    return 1;
  }

  void found(const directory::VerifiedPeer& peer) override {
    warn_about(peer);
    ready_.notify();
  }

  void not_reached(const std::string& why) override {
    if (why != std::exchange(why_, why)) {
      talk_.view.waiting(callee_.text(), why, undelivered());
    }
    ready_.notify();
  }

  // They call at the same time as we do, or while we wait before the next attempt.
  bool takes(const directory::VerifiedPeer& peer) override {
    return peer.address() == callee_ && !caller_.connected() && !over_;
  }
  void called(std::unique_ptr<connect::Link> link) override {
    calling_.keep(std::move(link));
    caller_.hurry();
  }
  void asked(const directory::VerifiedPeer&) override {}
  void missed(const identity::Address&, const std::string&) override {}

  void opened(const session::Channel& channel) override {
    why_.clear();
    talk_.view.connected(channel);
  }
  void received(const session::Channel& channel, const session::Message& message) override {
    talk_.view.message(channel.address().text(), message);
  }
  void delivered(const session::Channel& channel, const std::vector<std::string>& ids) override {
    talk_.view.delivered(channel.address().text(), ids);
    delivered_.notify();
  }
  void closed(const session::Channel& channel, const session::Ended& how) override {
    talk_.view.disconnected(channel.address().text(), how);
    calling_.link_ended(how);
  }

  const ChatOptions options_;
  const identity::Address callee_;
  Talking talk_;
  session::Wake ready_;      // the callee was found, or could not be asked for: typing makes sense
  session::Wake delivered_;  // something was
  session::Gatekeeper gatekeeper_;
  Calling calling_;
  session::Caller caller_;
  bool interrupted_ = false;
  bool over_ = false;
  std::exception_ptr failure_;
  std::string why_;  // there is no link
};

// What was said before, without calling anybody.
int search(Context& context, const ChatOptions& options) {
  const auto peer = parse_address(options.address);
  const auto self = context.home().require_account().address.text();
  boost::asio::io_context io;
  const auto console = terminal::open_pipe_console(io.get_executor(), {});
  View view(context.json() ? Style::json : Style::pipe, *console);
  session::History history(context.home().path() / "history.db");
  const auto limit = options.history == 0 ? most_history : options.history;
  for (const auto& entry : history.newest(peer, limit, options.search)) {
    view.earlier(entry, self);
  }
  return 0;
}

int run_chat(Context& context, const ChatOptions& options) {
  if (options.address.empty()) {
    if (!options.search.empty() || options.history > 0) {
      throw directory::Failure(directory::Kind::usage, "ADDRESS is required", "pdctl chat --help");
    }
    return list_conversations(context);
  }
  if (!options.search.empty()) {
    return search(context, options);
  }
  parse_address(options.address);
  return !options.no_agent && have_agent(context) ? chat_through_agent(context, options) : Chat(context, options).run();
}

}  // namespace

Run chat(CLI::App& app) {
  auto options = std::make_shared<ChatOptions>();
  app.add_option("ADDRESS", options->address, "whom to talk to; without it: list conversations and what is unread");
  app.add_option("--history", options->history, "show the last N messages first")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, most_history));
  app.add_option("--search", options->search, "show the messages that contain this, and call nobody")
      ->type_name("TEXT");
  app.add_option("--wait", options->wait, "at the end of the input wait so long for acknowledgements (default: 10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0U, 86'400U));
  app.add_flag("--no-agent", options->no_agent, "call from this process, though an agent runs or could be started");
  app.footer(
      "On a terminal /quit, /exit, Ctrl+D or Ctrl+C leaves; any other line is sent as it is.\n"
      "In a conversation of the agent /accept N and /decline N answer an offer of files.\n"
      "The agent, which is started when there is none (unless PD_AGENT is off), goes on and delivers what waits.");
  return [options](Context& context) { return run_chat(context, *options); };
}

}  // namespace pd::command
