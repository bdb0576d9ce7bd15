#include "command/reception.h"

#include <chrono>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace pd::command {

namespace asio = boost::asio;
using std::chrono::steady_clock;

Reception::Reception(Parts parts, const ListenOptions& options, Endpoints given)
    : parts_(std::move(parts)),
      given_(std::move(given)),
      only_(parts_.talk.context.home().lock_listening()),
      calling_(calling_parts(), *this),
      switchboard_(switchboard_parts()),
      announcer_(
          parts_.talk.executor(), parts_.talk.workers, parts_.talk.people, [this] { return reachable_now(); }, *this),
      gone_(parts_.talk.executor()) {
  if (options.publishes()) {
    listener_.reset(new connect::Listener(open_listener(parts_.talk.executor(), *parts_.talk.self, options)));
  }
}

Calling::Parts Reception::calling_parts() {
  auto parts = parts_of_calling(parts_.talk, parts_.gatekeeper, true);
  parts.on_lost = [this](const std::string&) { tell_problem(); };
  parts.on_changed_network = [this] { switchboard_.probe(); };
  return parts;
}

session::Switchboard::Parts Reception::switchboard_parts() {
  return {.executor = parts_.talk.executor(),
          .workers = parts_.talk.workers,
          .people = parts_.talk.people,
          .shared = parts_.shared,
          .admit = admit(),
          .on_refused =
              [this](const identity::Address& claimed, const std::string& why) {
                if (const auto unsaid = refusals_.show(steady_clock::now())) {
                  parts_.talk.view.refused(claimed.text(), why, *unsaid);
                }
              },
          .verification = connect::Limits{}.verification};
}

session::Switchboard::Admit Reception::admit() {
  auto let_in = admitted_by(parts_.gatekeeper, [this](const directory::VerifiedPeer& peer) { asked(peer); });
  return [this, let_in = std::move(let_in)](const directory::VerifiedPeer& peer) {
    auto why = parts_.why_not(peer);
    return why ? why : let_in(peer);
  };
}

void Reception::start() {
  calling_.start();
  if (listener_) {
    asio::co_spawn(parts_.talk.io, accept(), asio::detached);
  }
  asio::co_spawn(parts_.talk.io, run(), asio::detached);
}

asio::awaitable<void> Reception::accept() {
  connect::Listener::OnClaim on_claim = [this](connect::UnverifiedLink link) { switchboard_.answer(std::move(link)); };
  connect::Listener::OnRefused on_refused = [this](const std::string& where, const std::string& why) {
    if (const auto unsaid = handshakes_.show(steady_clock::now())) {
      parts_.talk.view.handshake_failed(where, why, *unsaid);
    }
  };
  co_await listener_->run(std::move(on_claim), std::move(on_refused));
}

asio::awaitable<void> Reception::run() {
  try {
    co_await announcer_.run();
  } catch (...) {
    parts_.on_failure(std::current_exception());
  }
  end();
  while (!all_gone_) {
    co_await gone_.wait();
  }
  co_await hang_up(calling_, parts_.talk);
}

void Reception::end() {
  if (std::exchange(ending_, true)) {
    return;
  }
  if (listener_) {
    listener_->close();
  }
  announcer_.stop();
  asio::co_spawn(parts_.talk.io, switchboard_.shut_down(), [this](const std::exception_ptr&) {
    all_gone_ = true;
    gone_.notify();
  });
}

void Reception::published(const Endpoints& endpoints) {
  parts_.talk.view.listening(endpoints);
  if (endpoints.empty() && listener_) {
    parts_.talk.view.note("unreachable",
                          "this machine has no address that others could reach; say it with --endpoint IP:" +
                              std::to_string(listener_->local().port()));
  }
  if (!std::exchange(ready_, true)) {
    tell_problem();
    parts_.on_ready();
  }
}

// Before the first publishing has worked whatever is wrong with the account ends it all, and is told by that.
void Reception::tell_problem() {
  if (const auto why = calling_.problem(); ready_ && !why.empty()) {
    parts_.talk.view.note("no_calls", "you cannot be called now: " + why);
  }
}

void Reception::unpublished(const std::string& why) {
  parts_.talk.view.note("unpublished", "your server cannot be told where you are: " + why);
}

void Reception::asked(const directory::VerifiedPeer& peer) {
  if (const auto unsaid = requests_.show(steady_clock::now())) {
    parts_.talk.view.asked(peer, *unsaid);
  }
}

void Reception::missed(const identity::Address& caller, const std::string& why) {
  parts_.talk.view.note("missed", caller.text() + " has called, and there is no link: " + why);
}

}  // namespace pd::command
