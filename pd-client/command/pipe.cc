#include <CLI/CLI.hpp>

#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "command/calling.h"
#include "command/command.h"
#include "command/describe.h"
#include "command/pipe_ends.h"
#include "command/reception.h"
#include "command/report.h"
#include "files/disk.h"
#include "session/caller.h"
#include "session/text.h"

namespace pd::command {
namespace {

namespace asio = boost::asio;
using directory::Failure;
using directory::Kind;

constexpr std::size_t pipe_threads = 5;  // one is the stream's

struct PipeOptions {
  std::string address;
  bool listen = false;
  ListenOptions listening;
};

// What calling and waiting have in common: one pipe, with one person.
class Piping : protected session::Observer {
 public:
  virtual ~Piping() = default;

  int run() {
    talk_.on_interrupt = [this] {
      interrupted_ = true;
      stop("stopped");
    };
    begin();
    talk_.run();
    if (!disk_.idle()) {  // who reads our output may never do so again
      leave_when_told();
    }
    if (failure_) {
      talk_.rethrow(failure_);
    }
    return talk_.leave(0);
  }

 protected:
  Piping(Context& context, const PipeOptions& options)
      : other_(parse_address(options.address)),
        talk_(context, pipe_threads, Lines::on_error),
        ends_(talk_.executor(), [this](const std::string& why) { over(why); }),
        disk_(talk_.executor()),
        pipe_(disk_, ends_) {}

  virtual void begin() = 0;
  // Says bye, and lets run() return soon.
  virtual void end() = 0;

  session::Channel::Shared shared() {
    auto shared = talk_.shared(*this);
    shared.features.push_back(&pipe_);
    shared.chats = false;
    return shared;
  }

  void fail(std::exception_ptr failure) {
    if (!failure_ && !whole_) {
      failure_ = std::move(failure);
    }
  }

  void stop(const std::string& why) {
    fail(std::make_exception_ptr(Failure(Kind::failed, why)));
    end();
  }

  // A session with them that cannot be the pipe (FILE-18).
  virtual void opened_for_else() = 0;

  void opened(const session::Channel& channel) override {
    if (!channel.has(files::pipe_feature().name)) {
      opened_for_else();
      return;
    }
    talk_.view.connected(channel);
  }
  void received(const session::Channel&, const session::Message&) override {}
  void delivered(const session::Channel&, const std::vector<std::string>&) override {}
  void closed(const session::Channel& channel, const session::Ended& how) override {
    if (pipe_.taken() && channel.has(files::pipe_feature().name)) {
      stop("the pipe was cut: " + session::one_safe_line(how.message));
    }
  }

  const identity::Address other_;
  Talking talk_;
  StandardEnds ends_;
  files::Disk disk_;  // uses ends_ until it is gone
  files::Pipe pipe_;

 private:
  void over(const std::string& why) {
    if (why.empty()) {
      whole_ = true;
      end();
    } else {
      stop(why);
    }
  }

  void leave_when_told() {
    talk_.end_on_signal();
    if (interrupted_) {
      talk_.console->restore();
      std::_Exit(failure_ ? report(failure_) : 0);
    }
  }

  bool whole_ = false;
  bool interrupted_ = false;
  std::exception_ptr failure_;
};

class Call final : public Piping, session::Caller::Watcher {
 public:
  Call(Context& context, const PipeOptions& options)
      : Piping(context, options),
        gatekeeper_(open_gatekeeper(context, talk_.history, {})),
        calling_(parts_of_calling(talk_, gatekeeper_, false), takes_no_calls_),
        caller_({talk_.executor(), talk_.workers, talk_.people, shared(), calling_, other_}, *this) {}

 private:
  void begin() override {
    calling_.start();
    asio::co_spawn(talk_.io, call(), asio::detached);
  }
  void end() override { caller_.stop(session::Farewell::done); }
  void opened_for_else() override {
    stop(other_.text() + " is there, but not for a pipe: they run pdctl pipe --listen");
  }

  asio::awaitable<void> call() {
    try {
      co_await caller_.run();
    } catch (...) {
      fail(std::current_exception());
    }
    co_await hang_up(calling_, talk_);
  }

  void found(const directory::VerifiedPeer& peer) override { warn_about(peer); }
  void not_reached(const std::string& why) override {
    fail(std::make_exception_ptr(Failure(Kind::unreachable, other_.text() + " cannot be reached: " + why,
                                         "they run pdctl pipe --listen with your address")));
    end();
  }

  TakesNoCalls takes_no_calls_;
  session::Gatekeeper gatekeeper_;
  Calling calling_;
  session::Caller caller_;
};

class Wait final : public Piping {
 public:
  Wait(Context& context, const PipeOptions& options)
      : Piping(context, options),
        gatekeeper_(context.contacts(), talk_.history, directory::ContactPolicy::anyone, context.clock()),
        reception_(parts(), options.listening, parse_endpoints(options.listening.endpoints)) {
    if (gatekeeper_.is_blocked(other_)) {
      throw Failure(Kind::failed, "you have blocked " + other_.text(), "pdctl contacts unblock " + other_.text());
    }
  }

 private:
  Reception::Parts parts() {
    return {.talk = talk_,
            .gatekeeper = gatekeeper_,
            .shared = shared(),
            .why_not = [this](const directory::VerifiedPeer& peer) { return why_not(peer); },
            .on_ready = [] {},
            .on_failure = [this](std::exception_ptr failure) { fail(std::move(failure)); }};
  }

  // Whoever the owner has named is let in, and once.
  std::optional<std::string> why_not(const directory::VerifiedPeer& peer) const {
    if (peer.address() != other_) {
      return "the pipe is for " + other_.text();
    }
    return pipe_.taken() ? std::optional<std::string>("the pipe is taken") : std::nullopt;
  }

  void begin() override { reception_.start(); }
  void end() override { reception_.end(); }
  void opened_for_else() override {}  // their agent has come, with what waits; the pipe may come yet

  session::Gatekeeper gatekeeper_;
  Reception reception_;
};

}  // namespace

Run pipe(CLI::App& app) {
  auto options = std::make_shared<PipeOptions>();
  app.add_option("ADDRESS", options->address, "who is at the other end")->required();
  auto* listen = app.add_flag("--listen", options->listen, "wait until they call");
  declare_publishing(app, options->listening);
  for (const char* name : {"--publish", "--port", "--bind", "--endpoint"}) {
    app.get_option(name)->needs(listen);
  }
  app.footer(
      "Standard input goes to their standard output, and theirs to yours; what is said about it goes to standard "
      "error.\n"
      "It ends when both inputs have ended: Ctrl+D, or </dev/null for who only takes. --listen runs where no agent "
      "and no listen does.\n"
      "Exit status 0: all of it arrived, both ways.");
  return [options](Context& context) {
    return options->listen ? Wait(context, *options).run() : Call(context, *options).run();
  };
}

}  // namespace pd::command
