#include <CLI/CLI.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "command/calling.h"
#include "command/command.h"
#include "command/describe.h"
#include "command/listening.h"
#include "command/sending_view.h"
#include "command/talking.h"
#include "files/disk.h"
#include "files/sending.h"
#include "files/source.h"
#include "session/caller.h"
#include "session/text.h"

namespace pd::command {
namespace {

namespace asio = boost::asio;
using directory::Failure;
using directory::Kind;

constexpr std::size_t send_threads = 4;  // one is the stream's
constexpr std::chrono::milliseconds between_ticks{200};

struct SendOptions {
  std::string address;
  std::vector<std::string> files;
  unsigned wait = 60;  // seconds
};

std::vector<files::Source> sources_for(const SendOptions& options, View& view) {
  return files::collect({options.files.begin(), options.files.end()},
                        [&](const std::string& what) { view.note("left_out", "left out: " + what); });
}

std::exception_ptr failure_for(const std::string& callee, const std::string& reason, const std::string& message) {
  const auto words = session::one_safe_line(message);
  if (reason == "declined") {
    return std::make_exception_ptr(Failure(Kind::refused, callee + " does not take it: " + words));
  }
  return std::make_exception_ptr(Failure(Kind::failed, callee + " could not receive all of it: " + words,
                                         "run it again to go on where it stopped"));
}

class Send final : session::Observer, session::Caller::Watcher, files::SendingWatcher {
 public:
  Send(Context& context, const SendOptions& options)
      : wait_(options.wait),
        callee_(parse_address(options.address)),
        talk_(context, send_threads, Lines::printed),
        sources_(sources_for(options, talk_.view)),
        view_(talk_.view, callee_.text(), sources_),
        disk_(talk_.executor()),
        sender_(sources_, disk_, *this),
        gatekeeper_(open_gatekeeper(context, talk_.history, {})),
        calling_(calling_parts(), takes_no_calls_),
        caller_({talk_.executor(), talk_.workers, talk_.people, shared(), calling_, callee_}, *this),
        ticked_(talk_.executor()) {}

  int run() {
    talk_.on_interrupt = [this] {
      fail(std::make_exception_ptr(Failure(Kind::failed, "stopped before all had arrived", again)));
      sender_.cancel();
      caller_.stop(session::Farewell::done);
    };
    calling_.start();
    asio::co_spawn(talk_.io, call(), asio::detached);
    asio::co_spawn(talk_.io, tick(), asio::detached);
    talk_.run();
    view_.clear_bar();
    if (failure_) {
      talk_.rethrow(failure_);
    }
    return talk_.leave(0);
  }

 private:
  static constexpr char again[] = "run it again to go on where it stopped";

  Calling::Parts calling_parts() {
    auto parts = parts_of_calling(talk_, gatekeeper_, false);
    parts.on_calling = [this](const std::string& why) {
      if (why_.empty()) {
        why_ = why;
        view_.calling(why);
      }
    };
    parts.on_changed_network = [this] { caller_.probe(); };
    return parts;
  }

  session::Channel::Shared shared() {
    auto shared = talk_.shared(*this);
    shared.features.push_back(&sender_);
    shared.chats = false;  // what they write goes to their chat
    return shared;
  }

  asio::awaitable<void> call() {
    try {
      co_await caller_.run();
      if (!done_) {
        fail(
            std::make_exception_ptr(Failure(Kind::failed, callee_.text() + " has left before all had arrived", again)));
      }
    } catch (...) {
      fail(std::current_exception());
    }
    over_ = true;
    ticked_.notify();
    co_await hang_up(calling_, talk_);
  }

  asio::awaitable<void> tick() {
    while (!over_) {
      const auto now = std::chrono::steady_clock::now();
      view_.tick(now);
      if (caller_.connected()) {
        connected_ = now;
      } else if (!why_.empty() && now - connected_ > wait_ && !failure_) {
        fail(
            std::make_exception_ptr(Failure(Kind::unreachable, callee_.text() + " cannot be reached: " + why_, again)));
        caller_.stop(session::Farewell::done);
      }
      co_await ticked_.wait(now + between_ticks);
    }
  }

  // The first failure is the one that counts.
  void fail(std::exception_ptr failure) {
    if (!failure_ && !done_) {
      failure_ = std::move(failure);
    }
  }

  void found(const directory::VerifiedPeer& peer) override { warn_about(peer); }
  void not_reached(const std::string& why) override {
    if (why != std::exchange(why_, why)) {
      view_.waiting(why);
    }
  }

  void opened(const session::Channel& channel) override {
    why_.clear();
    view_.clear_bar();
    talk_.view.connected(channel);
    if (!channel.has(files::files_feature().name)) {
      fail(std::make_exception_ptr(Failure(Kind::failed, "the pdctl of " + callee_.text() + " takes no files",
                                           "they need a newer one, running listen or agent")));
      caller_.stop(session::Farewell::done);
    }
  }
  void received(const session::Channel& channel, const session::Message& message) override {
    view_.clear_bar();
    talk_.view.message(channel.address().text(), message);
  }
  void delivered(const session::Channel&, const std::vector<std::string>&) override {}
  void closed(const session::Channel& channel, const session::Ended& how) override {
    if (!done_) {
      why_ = how.message;
      view_.clear_bar();
      talk_.view.disconnected(channel.address().text(), how);
    }
  }

  void offered() override { view_.offered(); }
  void accepted(std::uint64_t bytes_there) override { view_.accepted(bytes_there); }
  void sent(std::uint64_t bytes) override { view_.sent(bytes); }
  void arrived(std::size_t first, std::size_t last) override { view_.arrived(first, last); }
  void not_sent(const std::string& what) override {
    view_.not_sent(what);
    incomplete_ = true;
  }
  void finished() override {
    if (incomplete_) {
      fail(std::make_exception_ptr(Failure(Kind::failed, "not all of it could be sent", "see above")));
    } else {
      view_.finished();
    }
    done_ = true;
    caller_.stop(session::Farewell::done);
  }
  void cancelled(const std::string& reason, const std::string& message) override {
    fail(failure_for(callee_.text(), reason, message));
    caller_.stop(session::Farewell::done);
  }

  const std::chrono::seconds wait_;
  const identity::Address callee_;
  Talking talk_;
  const std::vector<files::Source> sources_;
  SendingView view_;
  files::Disk disk_;
  files::Sender sender_;
  TakesNoCalls takes_no_calls_;
  session::Gatekeeper gatekeeper_;
  Calling calling_;
  session::Caller caller_;
  session::Wake ticked_;
  std::chrono::steady_clock::time_point connected_ = std::chrono::steady_clock::now();
  std::exception_ptr failure_;
  bool incomplete_ = false;  // some file could not be sent
  bool done_ = false;
  bool over_ = false;
  std::string why_;  // there is no link
};

}  // namespace

Run send(CLI::App& app) {
  auto options = std::make_shared<SendOptions>();
  app.add_option("ADDRESS", options->address, "who shall have them")->required();
  app.add_option("FILE", options->files, "files, and directories with all that is in them")->required();
  app.add_option("--wait", options->wait, "give up when they cannot be reached for so long (default: 60)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0U, 604'800U));
  app.footer(
      "What arrived is kept when the link is lost or pdctl ends: the same command goes on where it stopped.\n"
      "Nothing of theirs is overwritten. They need to run: pdctl listen, or pdctl agent");
  return [options](Context& context) { return Send(context, *options).run(); };
}

}  // namespace pd::command
