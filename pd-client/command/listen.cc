#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "command/addressed.h"
#include "command/command.h"
#include "command/downloads.h"
#include "command/files_view.h"
#include "command/reception.h"

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

class Listen final : session::Observer {
 public:
  Listen(Context& context, const ListenCommandOptions& options)
      : given_(parse_endpoints(options.listening.endpoints)),
        talk_(context, listening_threads),
        gatekeeper_(open_gatekeeper(context, talk_.history, options.listening)),
        downloads_(download_parts(options.downloads)),
        reception_(parts(), options.listening, given_) {}

  int run() {
    talk_.on_interrupt = [this] { reception_.end(); };
    reception_.start();
    talk_.run();
    if (failure_) {
      talk_.rethrow(failure_);
    }
    return talk_.leave(0);
  }

 private:
  Downloads::Parts download_parts(const DownloadOptions& options) {
    return {talk_.context,
            talk_.executor(),
            options,
            talk_.interactive() ? Downloads::Policy::ask : Downloads::Policy::nobody,
            [this](const auto& peer) { return gatekeeper_.is_contact(peer); },
            [this](const agent::Event& event) {
              show_files(talk_.view, agent::notification(event, talk_.self->address()), "/");
            }};
  }

  Reception::Parts parts() {
    return {.talk = talk_,
            .gatekeeper = gatekeeper_,
            .shared = shared(),
            .why_not = [](const directory::VerifiedPeer&) { return std::nullopt; },
            .on_ready = [this] { begin_typing(); },
            .on_failure = [this](std::exception_ptr failure) { failure_ = std::move(failure); }};
  }

  session::Channel::Shared shared() {
    auto shared = talk_.shared(*this);
    shared.allowance = &allowance_;
    shared.features.push_back(&downloads_.feature());
    return shared;
  }

  void begin_typing() {
    talk_.view.advice("type a line for the one who is connected, ADDRESS: TEXT for another; " +
                      std::string(how_to_leave));
    asio::co_spawn(talk_.io, type(), asio::detached);
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
      reception_.end();
    }
    if (talk_.interactive()) {
      reception_.end();  // Ctrl+D or /quit; the end of a pipe says nothing
    }
  }

  void send(std::string line) {
    if (line.empty() || answered(line)) {
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
    reception_.sessions().pump(*to);
    const auto connected = reception_.sessions().connected();
    if (std::find(connected.begin(), connected.end(), *to) == connected.end()) {
      talk_.view.waiting(to->text(), "not connected", talk_.history.count_undelivered(*to));
    }
  }

  // Whether the line was an answer to an offer of files; then it has been given.
  bool answered(const std::string& line) {
    const auto answer = downloads_.asks() ? offer_answer(line) : std::nullopt;
    if (!answer) {
      return false;
    }
    auto offers = downloads_.list();
    std::erase_if(offers, [&](const agent::Transfer& offer) {
      return offer.receiving || (answer->number && offer.number != *answer->number);
    });
    if (offers.size() != 1) {
      talk_.view.note("no_offer", "there is no such offer; say its number: /accept N or /decline N");
    } else if (answer->accept) {
      downloads_.accept(offers.front().number, {});
    } else {
      downloads_.decline(offers.front().number);
    }
    return true;
  }

  // Whom a line without an address is for: the only one who is connected; while nobody is, the only one who was.
  std::optional<identity::Address> partner() {
    const auto connected = reception_.sessions().connected();
    if (connected.size() == 1) {
      return connected.front();
    }
    return connected.empty() && !several_ ? visitor_ : std::nullopt;
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
    reception_.link_ended(how);
  }

  const Endpoints given_;
  Talking talk_;
  session::Gatekeeper gatekeeper_;
  session::Allowance allowance_{[this](const directory::VerifiedPeer& peer) { return gatekeeper_.is_contact(peer); }};
  Downloads downloads_;
  Reception reception_;
  std::optional<identity::Address> visitor_;  // the last one who was connected
  bool several_ = false;                      // there was another one before
  std::exception_ptr failure_;
};

}  // namespace

Run listen(CLI::App& app) {
  auto options = std::make_shared<ListenCommandOptions>();
  declare_listening(app, options->listening);
  declare_downloads(app, options->downloads, "ask on a terminal, else nobody");
  app.footer(help_about_typing);
  return [options](Context& context) { return Listen(context, *options).run(); };
}

}  // namespace pd::command
