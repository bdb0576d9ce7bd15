#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/client.h"
#include "command/background.h"
#include "command/chatting.h"
#include "command/describe.h"
#include "command/files_view.h"
#include "command/talking.h"
#include "directory/trust.h"
#include "session/ending.h"

namespace pd::command {
namespace {

namespace asio = boost::asio;
using agent::Json;
using agent::Notification;

session::Message message_of(const Json& params) {
  return {params.at("id"), identity::Time(identity::Seconds(params.at("time").get<std::int64_t>())), params.at("text")};
}

class AgentChat {
 public:
  AgentChat(Context& context, const ChatOptions& options)
      : options_(options),
        callee_(parse_address(options.address)),
        talk_(context, 1),
        with_{{"with", callee_.text()}},
        changed_(talk_.executor()),
        client_(std::make_shared<agent::Client>(stream_to_agent(context, talk_.executor()),
                                                [this](const Notification& told) { hear(told); })) {}

  int run() {
    talk_.on_interrupt = [this] {
      interrupted_ = true;
      leave();
    };
    asio::co_spawn(talk_.io, client_->run(), [this](const std::exception_ptr& error) {
      if (error) {
        failure_ = error;
      }
      gone_ = !over_;
      leave();
    });
    asio::co_spawn(talk_.io, talk(), asio::detached);
    talk_.run();
    return result();
  }

 private:
  asio::awaitable<void> talk() {
    try {
      co_await begin();
      co_await send_lines();
      co_await wait_for_delivery();
    } catch (...) {
      if (!over_) {
        failure_ = std::current_exception();
      }
    }
    leave();
  }

  // First it subscribes, then it shows what there is: nothing is missed, and nothing shown twice.
  asio::awaitable<void> begin() {
    co_await client_->call("subscribe");
    const auto opened = co_await client_->call("open", with_);
    if (opened.contains("presence")) {
      show_presence(opened.at("presence"));
    } else if (opened.contains("reason")) {
      show_waiting(opened.at("reason"), opened.at("waiting"));
    }
    const auto unread = opened.at("unread").get<std::size_t>();
    for (const auto& entry : talk_.history.newest(callee_, std::max(options_.history, unread))) {
      talk_.view.earlier(entry, talk_.self->address().text());
      shown_through_ = entry.seq;
    }
    if (unread > 0) {
      mark_read(shown_through_);
    }
    ready_ = true;
    for (const auto& message : std::exchange(early_, {})) {
      show_message(message);
    }
    talk_.view.advice("each line is sent; " + std::string(how_to_leave) + ", and the agent goes on");
    const auto files = co_await client_->call("files");
    show_offers(files.at("files"));
  }

  asio::awaitable<void> send_lines() {
    while (!over_) {
      auto lines = co_await talk_.read();
      if (!lines) {
        break;
      }
      for (auto& text : sendable(std::move(*lines), talk_.view)) {
        if (const auto answer = talk_.interactive() ? offer_answer(text) : std::nullopt) {
          co_await give(*answer);
          continue;
        }
        const Json params{{"to", callee_.text()}, {"text", std::move(text)}};
        co_await client_->call("send", params);
      }
    }
  }

  asio::awaitable<void> give(OfferAnswer answer) {
    auto params = answer.number ? Json{{"number", *answer.number}} : with_;
    try {
      co_await client_->call(answer.accept ? "accept_files" : "decline_files", params);
    } catch (const directory::Failure& failure) {
      talk_.view.note("no_offer", failure.what());
    }
  }

  // Those that were made before; of the others it is told.
  void show_offers(const Json& transfers) {
    for (const auto& transfer : transfers) {
      const auto number = transfer.at("number").get<std::uint64_t>();
      if (transfer.at("state") == "offered" && transfer.at("with") == callee_.text() &&
          number > offers_shown_through_) {
        show_files({"files_offered", transfer});
      }
    }
  }

  void show_files(const Notification& told) {
    if (told.method == "files_offered") {
      offers_shown_through_ = told.params.at("number").get<std::uint64_t>();
    }
    command::show_files(talk_.view, told, talk_.interactive() ? "/" : "pdctl agent ");
  }

  asio::awaitable<void> wait_for_delivery() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(options_.wait);
    const bool worth_it = !talk_.interactive();
    while (worth_it && !over_ && undelivered() > 0) {
      const bool in_time = co_await changed_.wait(until);
      if (!in_time) {
        break;
      }
    }
  }

  void hear(const Notification& told) {
    if (told.params.value("with", "") != callee_.text()) {
      return;
    }
    if (told.method == "message" && ready_) {
      show_message(told.params);
    } else if (told.method == "message") {
      early_.push_back(told.params);
    } else if (told.method == "delivered") {
      talk_.view.delivered(callee_.text(), told.params.at("ids").get<std::vector<std::string>>());
      changed_.notify();
    } else if (told.method == "presence") {
      show_presence(told.params);
    } else if (told.method == "waiting") {
      show_waiting(told.params.at("reason"), told.params.at("waiting"));
    } else if (told.method.starts_with("file") && told.params.contains("number")) {
      show_files(told);
    } else if (told.method == "failed") {
      failure_ = std::make_exception_ptr(
          directory::Failure(static_cast<directory::Kind>(told.params.at("kind").get<int>()),
                             told.params.at("message").get<std::string>(), told.params.at("hint").get<std::string>()));
      leave();
    }
  }

  void show_message(const Json& message) {
    const auto seq = message.at("seq").get<std::int64_t>();
    if (seq <= shown_through_) {
      return;
    }
    shown_through_ = seq;
    const bool theirs = message.at("state") == "received";
    if (theirs) {
      talk_.view.message(callee_.text(), message_of(message));
      mark_read(seq);
    } else {  // written in another window
      talk_.view.earlier({seq, callee_.text(), session::Delivery::pending, message_of(message)},
                         talk_.self->address().text());
    }
  }

  void mark_read(std::int64_t through) {
    auto params = with_;
    params["through"] = through;
    client_->tell("mark_read", params);
  }

  void show_presence(const Json& presence) {
    why_.clear();
    if (!presence.at("connected").get<bool>()) {
      const auto ending = session::ending_of(presence.at("reason").get<std::string>());
      talk_.view.disconnected(callee_.text(), {ending.value_or(session::Ending::lost), presence.at("detail"), {}});
      return;
    }
    const auto trust = directory::trust_named(presence.at("trust").get<std::string>());
    if (!std::exchange(warned_, true)) {
      warn_about(callee_, {presence.at("confirmed").get<bool>(), presence.at("stale").get<bool>(), trust});
    }
    talk_.view.connected(callee_.text(), presence.at("endpoint"), trust);
  }

  void show_waiting(const std::string& why, std::size_t waiting) {
    if (why != std::exchange(why_, why)) {
      talk_.view.waiting(callee_.text(), why, waiting);
    }
  }

  std::size_t undelivered() { return talk_.history.count_undelivered(callee_); }

  // Called once or more.
  void leave() {
    over_ = true;
    client_->close();
    changed_.notify();
    talk_.over();
  }

  int result() {
    if (failure_ && !interrupted_) {
      talk_.rethrow(failure_);
    }
    if (gone_ && !interrupted_) {
      talk_.rethrow(std::make_exception_ptr(
          directory::Failure(directory::Kind::failed, "the agent has ended", "what was sent is kept; run this again")));
    }
    const auto left = undelivered();
    if (left == 0 || interrupted_ || talk_.interactive()) {
      return talk_.leave(0);
    }
    talk_.rethrow(std::make_exception_ptr(
        not_delivered(callee_, left, why_, "kept here; the agent delivers when they are there")));
    return 1;
  }

  const ChatOptions& options_;
  const identity::Address callee_;
  Talking talk_;
  const Json with_;
  session::Wake changed_;  // something was delivered, or it is over
  std::shared_ptr<agent::Client> client_;
  std::vector<Json> early_;  // messages that came before the earlier ones were shown
  std::int64_t shown_through_ = 0;
  std::uint64_t offers_shown_through_ = 0;  // their numbers grow
  bool ready_ = false;
  bool warned_ = false;
  bool gone_ = false;  // the agent, before us
  bool over_ = false;
  bool interrupted_ = false;
  std::exception_ptr failure_;
  std::string why_;  // there is no link
};

}  // namespace

int chat_through_agent(Context& context, const ChatOptions& options) {
  return AgentChat(context, options).run();
}

directory::Failure not_delivered(const identity::Address& to, std::size_t left, const std::string& why,
                                 const std::string& hint) {
  const std::string count = left == 1 ? "1 message" : std::to_string(left) + " messages";
  return {directory::Kind::unreachable,
          count + " to " + to.text() + " could not be delivered" + (why.empty() ? "" : ": " + why), hint};
}

}  // namespace pd::command
