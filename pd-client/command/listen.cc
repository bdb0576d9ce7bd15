#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "command/addressed.h"
#include "command/calling.h"
#include "command/command.h"
#include "command/downloads.h"
#include "command/listening.h"
#include "command/talking.h"
#include "connect/listener.h"
#include "session/announcer.h"
#include "session/seldom.h"
#include "session/switchboard.h"

namespace pd::command {
namespace {

namespace asio = boost::asio;
constexpr char help_about_typing[] =
    "A line goes to the one who is connected, or was while nobody is. With several it says to whom:\n"
    "  ADDRESS: TEXT     also with a blank or a tab after the address\n"
    "With --accept-files ask, /accept N and /decline N answer an offer of files.\n"
    "On a terminal /quit, /exit, Ctrl+D or Ctrl+C leaves; any other line is sent as it is.";

struct ListenCommandOptions {
  ListenOptions listening;
  DownloadOptions downloads;
};

class Listen final : session::Observer, session::Announcer::Watcher, call::Calls::Watcher {
 public:
  Listen(Context& context, const ListenCommandOptions& options)
      : given_(parse_endpoints(options.listening.endpoints)),
        only_(context.home().lock_listening()),
        talk_(context, listening_threads),
        gatekeeper_(open_gatekeeper(context, talk_.history, options.listening)),
        downloads_(talk_, options.downloads, [this](const auto& peer) { return gatekeeper_.is_contact(peer); }),
        calling_(calling_parts(), *this),
        switchboard_(parts()),
        announcer_(
            talk_.executor(), talk_.workers, talk_.people,
            [this] { return listener_ ? reachable(*listener_, given_) : Endpoints(); }, *this),
        gone_(talk_.executor()) {
    if (options.listening.publishes()) {
      listener_.reset(new connect::Listener(open_listener(talk_.executor(), *talk_.self, options.listening)));
    }
  }

  int run() {
    talk_.on_interrupt = [this] { end(); };
    calling_.start();
    if (listener_) {
      asio::co_spawn(talk_.io, accept(), asio::detached);
    }
    asio::co_spawn(talk_.io, announce(), asio::detached);
    talk_.run();
    if (failure_) {
      talk_.rethrow(failure_);
    }
    return talk_.leave(0);
  }

 private:
  Calling::Parts calling_parts() {
    auto parts = parts_of_calling(talk_, gatekeeper_, true);
    parts.on_lost = [this](const std::string&) { tell_problem(); };
    parts.on_changed_network = [this] { switchboard_.probe(); };
    return parts;
  }

  session::Switchboard::Parts parts() {
    return {talk_.executor(),
            talk_.workers,
            talk_.people,
            shared(),
            admitted_by(gatekeeper_, [this](const directory::VerifiedPeer& peer) { asked(peer); }),
            [this](const identity::Address& claimed, const std::string& why) {
              if (const auto unsaid = refusals_.show(std::chrono::steady_clock::now())) {
                talk_.view.refused(claimed.text(), why, *unsaid);
              }
            },
            connect::Limits{}.verification};
  }

  session::Channel::Shared shared() {
    auto shared = talk_.shared(*this);
    shared.allowance = &allowance_;
    shared.features.push_back(&downloads_.feature());
    return shared;
  }

  asio::awaitable<void> accept() {
    connect::Listener::OnClaim on_claim = [this](connect::UnverifiedLink link) {
      switchboard_.answer(std::move(link));
    };
    connect::Listener::OnRefused on_refused = [this](const std::string& where, const std::string& why) {
      if (const auto unsaid = handshakes_.show(std::chrono::steady_clock::now())) {
        talk_.view.handshake_failed(where, why, *unsaid);
      }
    };
    co_await listener_->run(std::move(on_claim), std::move(on_refused));
  }

  asio::awaitable<void> announce() {
    try {
      co_await announcer_.run();
    } catch (...) {
      failure_ = std::current_exception();
    }
    end();
    while (!all_gone_) {
      co_await gone_.wait();
    }
    co_await hang_up(calling_, talk_);
  }

  void published(const Endpoints& endpoints) override {
    talk_.view.listening(endpoints);
    if (endpoints.empty() && listener_) {
      talk_.view.note("unreachable", "this machine has no address that others could reach; say it with --endpoint IP:" +
                                         std::to_string(listener_->local().port()));
    }
    if (!std::exchange(typing_, true)) {
      tell_problem();
      talk_.view.advice("type a line for the one who is connected, ADDRESS: TEXT for another; " +
                        std::string(how_to_leave));
      asio::co_spawn(talk_.io, type(), asio::detached);
    }
  }

  // Before the first publishing has worked whatever is wrong with the account ends it all, and is told by that.
  void tell_problem() {
    if (const auto why = calling_.problem(); typing_ && !why.empty()) {
      talk_.view.note("no_calls", "you cannot be called now: " + why);
    }
  }

  void unpublished(const std::string& why) override {
    talk_.view.note("unpublished", "your server cannot be told where you are: " + why);
  }

  // Called once or more.
  void end() {
    if (std::exchange(ending_, true)) {
      return;
    }
    if (listener_) {
      listener_->close();
    }
    announcer_.stop();
    asio::co_spawn(talk_.io, switchboard_.shut_down(), [this](const std::exception_ptr&) {
      all_gone_ = true;
      gone_.notify();
    });
  }

  asio::awaitable<void> type() {
    try {
      while (auto lines = co_await talk_.read()) {
        for (auto& line : *lines) {
          send(std::move(line));
        }
      }
    } catch (...) {
      failure_ = std::current_exception();
      end();
    }
    if (talk_.interactive()) {
      end();  // Ctrl+D or /quit; the end of a pipe says nothing
    }
  }

  void send(std::string line) {
    if (line.empty() || downloads_.answered(line)) {
      return;
    }
    auto [named, text] = addressed(std::move(line));
    const auto to = named ? named : partner();
    if (!to) {
      talk_.view.note("not_sent", "to whom? Write it before the text, ADDRESS: TEXT");
      return;
    }
    const auto texts = sendable({std::move(text)}, talk_.view);
    if (texts.empty()) {
      return;
    }
    talk_.history.write(*to, texts, talk_.context.now());
    switchboard_.pump(*to);
    const auto connected = switchboard_.connected();
    if (std::find(connected.begin(), connected.end(), *to) == connected.end()) {
      talk_.view.waiting(to->text(), "not connected", talk_.history.count_undelivered(*to));
    }
  }

  // Whom a line without an address is for: the only one who is connected; while nobody is, the only one who was.
  std::optional<identity::Address> partner() const {
    const auto connected = switchboard_.connected();
    if (connected.size() == 1) {
      return connected.front();
    }
    return connected.empty() && !several_ ? visitor_ : std::nullopt;
  }

  bool takes(const directory::VerifiedPeer&) override { return !ending_; }
  void called(std::unique_ptr<connect::Link> link) override { switchboard_.join(std::move(link)); }
  void asked(const directory::VerifiedPeer& peer) override {
    if (const auto unsaid = requests_.show(std::chrono::steady_clock::now())) {
      talk_.view.asked(peer, *unsaid);
    }
  }
  void missed(const identity::Address& caller, const std::string& why) override {
    talk_.view.note("missed", caller.text() + " has called, and there is no link: " + why);
  }

  void opened(const session::Channel& channel) override {
    several_ = several_ || (visitor_ && *visitor_ != channel.address());
    visitor_ = channel.address();
    talk_.view.connected(channel);
  }
  void received(const session::Channel& channel, const session::Message& message) override {
    talk_.view.message(channel.address().text(), message);
  }
  void delivered(const session::Channel& channel, const std::vector<std::string>& ids) override {
    talk_.view.delivered(channel.address().text(), ids);
  }
  void closed(const session::Channel& channel, const session::Ended& how) override {
    talk_.history.mark_read(channel.address());  // all of it was shown
    talk_.view.disconnected(channel.address().text(), how);
    calling_.link_ended(how);
  }

  const Endpoints given_;
  const directory::HomeLock only_;
  Talking talk_;
  session::Gatekeeper gatekeeper_;
  session::Allowance allowance_{[this](const directory::VerifiedPeer& peer) { return gatekeeper_.is_contact(peer); }};
  Downloads downloads_;
  std::unique_ptr<connect::Listener> listener_;  // none: only calls are taken
  Calling calling_;
  session::Switchboard switchboard_;
  session::Announcer announcer_;
  session::Seldom refusals_{refusals_at_once, refusals_again};
  session::Seldom requests_{refusals_at_once, refusals_again};
  session::Seldom handshakes_{refusals_at_once, refusals_again};
  session::Wake gone_;  // all sessions have ended
  bool all_gone_ = false;
  bool ending_ = false;
  bool typing_ = false;
  std::optional<identity::Address> visitor_;  // the last one who was connected
  bool several_ = false;                      // there was another one before
  std::exception_ptr failure_;
};

}  // namespace

Run listen(CLI::App& app) {
  auto options = std::make_shared<ListenCommandOptions>();
  declare_listening(app, options->listening);
  declare_downloads(app, options->downloads);
  app.footer(help_about_typing);
  return [options](Context& context) { return Listen(context, *options).run(); };
}

}  // namespace pd::command
