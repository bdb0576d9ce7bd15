#include "command/serving.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "command/describe.h"
#include "session/text.h"

namespace pd::command {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds publish_again{30};

}  // namespace

Serving::Serving(Context& context, const Options& options, agent::Log& log)
    : context_(context),
      log_(log),
      given_(parse_endpoints(options.listen.endpoints)),
      since_(context.now()),
      self_(own_credentials(context)),
      only_(context.home().lock_listening()),
      server_(io_.get_executor(), agent::socket_path(context.home().path()), methods_),
      signals_(io_, SIGINT, SIGTERM, SIGHUP),
      history_(context.home().path() / "history.db"),
      people_(context.lookup(), self_),
      workers_(io_.get_executor(), listening_threads),
      gatekeeper_(open_gatekeeper(context, history_, options.listen)),
      downloads_(download_parts(options.downloads)),
      calling_(calling_parts(!options.no_listen || downloads_.expects_any()), *this),
      allowance_([this](const directory::VerifiedPeer& peer) { return gatekeeper_.is_contact(peer); }),
      hub_(hub_parts(), [this](const agent::Event& event) { tell(event); }),
      presence_(presence_parts()),
      methods_(method_parts()),
      takes_all_(!options.no_listen),
      pause_(io_.get_executor()) {
  if (!options.no_listen && options.listen.publishes()) {
    listener_.reset(new connect::Listener(open_listener(io_.get_executor(), *self_, options.listen)));
  }
}

Calling::Parts Serving::calling_parts(bool listens) {
  return {context_,
          io_.get_executor(),
          workers_,
          people_,
          gatekeeper_,
          self_,
          listens,
          [this](const identity::Address& callee, const std::string& what) {
            log_.write(callee.text() + ": " + session::one_safe_line(what));
          },
          [](const std::string&) {},
          [this](const std::string& why) { log_.write("no calls now: " + session::one_safe_line(why)); },
          [this] { hub_.hurry(); },
          [this] { hub_.probe(); }};
}

void Serving::tell(const agent::Event& event) {
  server_.tell(agent::notification(event, self_->address()));
  if (const auto* ended = std::get_if<agent::Disconnected>(&event)) {
    calling_.link_ended(ended->how);
  }
}

agent::Hub::Parts Serving::hub_parts() {
  return {io_.get_executor(),
          workers_,
          people_,
          calling_,
          history_,
          context_.clock(),
          allowance_,
          admitted_by(gatekeeper_, [this](const directory::VerifiedPeer& peer) { asked(peer); }),
          [this](const identity::Address& claimed, const std::string& why) {
            if (const auto unsaid = refusals_.show(std::chrono::steady_clock::now())) {
              log_.write("somebody who claims to be " + claimed.text() +
                         " was not let in: " + session::one_safe_line(why) + unsaid_text(*unsaid));
            }
          },
          self_->address(),
          {&downloads_.feature()}};
}

// Whoever may be at work here without a terminal, what is offered waits until somebody has seen it.
Downloads::Parts Serving::download_parts(const DownloadOptions& options) {
  return {context_,
          io_.get_executor(),
          options,
          Downloads::Policy::ask,
          [this](const directory::VerifiedPeer& peer) { return gatekeeper_.is_contact(peer); },
          [this](const agent::Event& event) {
            tell(event);
            log_files(event);
          }};
}

Presence::Parts Serving::presence_parts() {
  return {io_.get_executor(),
          workers_,
          people_,
          gatekeeper_,
          calling_,
          self_->address(),
          [this] { return context_.pins().contacts(); },
          [this] { return hub_.connected(); },
          [this](const identity::Address& who) { tell(agent::SaidHere{who}); }};
}

void Serving::log_files(const agent::Event& event) {
  if (const auto* offered = std::get_if<agent::FilesOffered>(&event)) {
    log_.write(offered->transfer.with.text() + " offers files: pdctl agent files");
  } else if (const auto* received = std::get_if<agent::FilesReceived>(&event)) {
    log_.write("the files of " + received->transfer.with.text() + " are in " + received->transfer.folder);
  } else if (const auto* stopped = std::get_if<agent::FilesStopped>(&event)) {
    log_.write("no more files of " + stopped->transfer.with.text() + " now: " + stopped->reason);
  }
}

void Serving::asked(const directory::VerifiedPeer& peer) {
  if (const auto unsaid = requests_.show(std::chrono::steady_clock::now())) {
    tell(agent::Asked{peer, *unsaid});
    log_.write(peer.address().text() + " would like to talk to you: pdctl contacts accept " + peer.address().text() +
               ", or decline, or block" + unsaid_text(*unsaid));
  }
}

agent::Methods::Parts Serving::method_parts() {
  return {hub_,
          history_,
          downloads_,
          self_->address(),
          self_->device_key().public_key().id(),
          "pdctl " PD_VERSION,
          [this] { return context_.pins().contacts(); },
          [this] { return presence_.ask(); },
          [this] { return status(); },
          [this] { end(); }};
}

agent::Json Serving::status() const {
  auto endpoints = agent::Json::array();
  for (const auto& endpoint : published_) {
    endpoints.push_back(endpoint.text());
  }
  agent::Json status{{"pid", ::getpid()},
                     {"since", since_.time_since_epoch().count()},
                     {"endpoints", std::move(endpoints)},
                     {"clients", server_.clients()}};
  if (!problem_.empty()) {
    status["problem"] = problem_;
  }
  return status;
}

int Serving::run() {
  wait_for_signal();
  begin(hub_.run());
  begin(server_.run());
  calling_.start();
  if (listener_) {
    begin(accept());
  }
  if (takes_all_) {
    begin(announce());
  }
  log_.write("the agent of " + self_->address().text() + " is ready");
  io_.run();
  log_.write("the agent has ended");
  if (!workers_.idle()) {
    std::_Exit(failure_ ? 1 : 0);
  }
  if (failure_) {
    std::rethrow_exception(failure_);
  }
  return 0;
}

// When one part fails, all of it ends.
void Serving::begin(asio::awaitable<void> part) {
  asio::co_spawn(io_, std::move(part), [this](const std::exception_ptr& failure) {
    if (failure) {
      failure_ = failure;
      end();
    }
  });
}

asio::awaitable<void> Serving::accept() {
  connect::Listener::OnClaim on_claim = [this](connect::UnverifiedLink link) { hub_.answer(std::move(link)); };
  connect::Listener::OnRefused on_refused = [this](const std::string& where, const std::string& why) {
    if (const auto unsaid = handshakes_.show(std::chrono::steady_clock::now())) {
      log_.write("somebody at " + where + " was refused in the handshake: " + session::one_safe_line(why) +
                 unsaid_text(*unsaid));
    }
  };
  co_await listener_->run(std::move(on_claim), std::move(on_refused));
}

// An agent starts with the machine, when there may be no network yet: it goes on trying.
asio::awaitable<void> Serving::announce() {
  session::Announcer::Watcher& watcher = *this;
  while (!ending_) {
    announcer_.emplace(
        io_.get_executor(), workers_, people_,
        [this] { return listener_ ? reachable(*listener_, given_) : Endpoints(); }, watcher);
    try {
      co_await announcer_->run();
    } catch (const directory::Failure& failure) {
      unpublished(failure.what());
    }
    if (!ending_) {
      co_await pause_.wait(std::chrono::steady_clock::now() + publish_again);
    }
  }
}

void Serving::published(const Endpoints& endpoints) {
  published_ = endpoints;
  problem_ = endpoints.empty() && listener_ ? "this machine has no address that others could reach" : "";
  std::string text;
  for (const auto& endpoint : endpoints) {
    text += " " + endpoint.text();
  }
  if (!endpoints.empty() || listener_) {
    log_.write(endpoints.empty() ? problem_ : "published:" + text);
  }
}

void Serving::unpublished(const std::string& why) {
  if (why != std::exchange(problem_, why)) {
    log_.write("not published: " + why);
  }
}

bool Serving::takes(const directory::VerifiedPeer& peer) {
  return !ending_ && (takes_all_ || hub_.wants(peer.address()) || downloads_.expects(peer.address()));
}

void Serving::missed(const identity::Address& caller, const std::string& why) {
  if (const auto unsaid = missed_.show(std::chrono::steady_clock::now())) {
    log_.write(caller.text() + " has called, and there is no link: " + session::one_safe_line(why) +
               unsaid_text(*unsaid));
  }
}

void Serving::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) {
      end();
    }
  });
}

asio::awaitable<void> Serving::wind_down() {
  co_await presence_.stop();
  co_await hub_.shut_down();
  co_await calling_.stop();
}

// Called once or more.
void Serving::end() {
  if (std::exchange(ending_, true)) {
    return;
  }
  if (listener_) {
    listener_->close();
  }
  if (announcer_) {
    announcer_->stop();
  }
  pause_.notify();
  server_.close();
  boost::system::error_code ignored;
  signals_.cancel(ignored);  // a second one ends the process on the spot
  signals_.clear(ignored);
  asio::co_spawn(io_, wind_down(), asio::detached);
}

}  // namespace pd::command
