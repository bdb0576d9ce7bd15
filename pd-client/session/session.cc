#include "session/session.h"

#include <algorithm>
#include <utility>

namespace pd::session {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_error_text = 200;
constexpr auto most_owed = message_burst + static_cast<int>(window) * time_per_message;  // by a stranger

struct Reason {
  Farewell farewell;
  std::string_view word;
  Ending ending;  // for the side that reads it
};

constexpr Reason reasons[] = {
    {Farewell::done, "done", Ending::done},
    {Farewell::shutdown, "shutdown", Ending::shutdown},
    {Farewell::replaced, "replaced", Ending::replaced},
    {Farewell::silent, "silent", Ending::silent},
};

Ending ending_of(const Bye& bye) {
  const auto* known = std::ranges::find(reasons, bye.reason, &Reason::word);
  return known == std::ranges::end(reasons) ? Ending::done : known->ending;
}

Bye bye_for(Farewell farewell) {
  return {std::string(std::ranges::find(reasons, farewell, &Reason::farewell)->word)};
}

std::string_view code_for(identity::Reason reason) {
  return reason == identity::Reason::unsupported ? "unsupported" : "malformed";
}

}  // namespace

bool may_dial_again(Ending ending) {
  return ending == Ending::shutdown || ending == Ending::silent || ending == Ending::lost;
}

Session Session::dialling(Instant now, std::string id, std::vector<FeatureTypes> features) {
  Session session(Side::dialler, std::move(id), now, std::move(features));
  session.output_ = session.greeting();
  return session;
}

Session Session::answering(Instant now, std::vector<FeatureTypes> features) {
  return Session(Side::answerer, {}, now, std::move(features));
}

Session::Session(Side side, std::string id, Instant now, std::vector<FeatureTypes> features)
    : side_(side),
      id_(std::move(id)),
      features_(std::move(features)),
      started_(now),
      last_read_(now),
      waiting_since_(now),
      paid_until_(now),
      messages_paid_until_(now) {}

std::string Session::greeting() const {
  Hello hello{id_, {}};
  for (const auto& feature : features_) {
    hello.features.emplace_back(feature.name);
  }
  return encode(hello);
}

bool Session::has(std::string_view feature) const {
  return phase_ != Phase::hello && std::ranges::find(features_, feature, &FeatureTypes::name) != features_.end();
}

void Session::feed(std::string_view bytes, Instant now) {
  if (ended()) {
    return;
  }
  last_read_ = now;
  pinged_ = false;
  probed_.reset();
  paid_until_ = std::max(paid_until_, now);
  messages_paid_until_ = std::clamp(messages_paid_until_, now, now + most_owed);  // a contact's may be later
  reader_.feed(bytes);
  while (!ended()) {
    auto frame = reader_.next();
    if (!frame) {
      fail(code_for(frame.error().reason), frame.error().rule, frame.error().message);
      return;
    }
    if (!*frame) {
      return;
    }
    charge(**frame);
    handle(**frame);
  }
}

void Session::charge(const Frame& frame) {
  if (const auto* extension = std::get_if<FeatureFrame>(&frame)) {
    paid_until_ += price_of(*extension);
    return;
  }
  paid_until_ += time_per_frame;
  if (std::holds_alternative<Message>(frame)) {
    messages_paid_until_ += time_per_message;
  }
}

std::chrono::microseconds Session::price_of(const FeatureFrame& frame) const {
  const auto large = static_cast<int>(frame.payload.size() / large_payload);
  const bool bulk = std::ranges::find(features_, frame.type, &FeatureTypes::bulk) != features_.end();
  return bulk && large > 0 ? 0us : time_per_feature_frame + large * time_per_frame;
}

void Session::handle(Frame& frame) {
  if (std::holds_alternative<Skipped>(frame)) {
    return;
  }
  if (const auto* bye = std::get_if<Bye>(&frame)) {
    end(phase_ == Phase::leaving ? Ending::left : ending_of(*bye), "they left");
  } else if (const auto* error = std::get_if<ErrorFrame>(&frame)) {
    may_acknowledge_ = false;
    end(Ending::refused, error->code + ": " + error->message);
  } else if (const auto* hello = std::get_if<Hello>(&frame)) {
    handle_hello(*hello);
  } else if (auto* extension = std::get_if<FeatureFrame>(&frame)) {
    handle_feature(*extension);
  } else if (phase_ == Phase::hello) {
    fail("unexpected", "SESS-10", "a frame before hello");
  } else if (const auto* message = std::get_if<Message>(&frame)) {
    handle_message(*message);
  } else if (const auto* ack = std::get_if<Ack>(&frame)) {
    handle_ack(*ack);
  } else if (const auto* ping = std::get_if<Ping>(&frame); ping != nullptr && phase_ == Phase::open) {
    output_ += encode(Pong{ping->n});
  }
}

void Session::handle_hello(const Hello& hello) {
  if (std::exchange(greeted_, true)) {
    return fail("unexpected", "SESS-10", "a second hello");
  }
  if (phase_ == Phase::leaving) {
    return;  // we left before it came
  }
  if (side_ == Side::dialler && hello.session != id_) {
    return fail("unexpected", "SESS-11", "the hello is of another session");
  }
  if (side_ == Side::answerer) {
    id_ = hello.session;
    output_ += greeting();
  }
  std::erase_if(features_, [&](const FeatureTypes& ours) {
    return std::ranges::find(hello.features, ours.name) == hello.features.end();
  });
  phase_ = Phase::open;
  events_.push_back(Opened{hello.features});
}

void Session::handle_message(const Message& message) {
  if (phase_ == Phase::leaving) {
    return;  // after our bye there is no acknowledging it: it will come again
  }
  if (unacknowledged_ == window) {
    return fail("window", "SESS-15", "more than 64 messages at once");
  }
  ++unacknowledged_;
  events_.push_back(Received{message});
}

void Session::handle_ack(const Ack& ack) {
  Acknowledged known;
  for (const auto& id : ack.ids) {
    if (in_flight_.erase(id) == 1) {
      known.ids.push_back(id);
    }
  }
  if (!known.ids.empty()) {
    events_.push_back(std::move(known));
  }
}

void Session::handle_feature(FeatureFrame& frame) {
  const auto owner =
      std::ranges::find_if(features_, [&](const FeatureTypes& feature) { return feature.owns(frame.type); });
  if (owner == features_.end()) {
    return fail("unsupported", "SESS-8", "a frame of the unknown type " + std::to_string(frame.type));
  }
  if (phase_ == Phase::hello) {
    return fail("unexpected", "SESS-10", "a frame before hello");
  }
  if (phase_ == Phase::open) {
    events_.push_back(Extended{frame.type, std::move(frame.payload)});
  }
}

void Session::link_ended(std::string message) {
  if (!ended()) {
    may_acknowledge_ = false;
    end(phase_ == Phase::leaving ? Ending::left : Ending::lost, std::move(message));
  }
}

void Session::tick(Instant now) {
  if (ended() || phase_ == Phase::leaving) {
    return;
  }
  if (!greeted_ && now - started_ >= hello_time) {
    leave(Farewell::silent);
    end(Ending::silent, "they did not say hello in time");
  } else if (now >= silent_due()) {
    const auto time = std::chrono::duration_cast<std::chrono::seconds>(now - last_read_);
    leave(Farewell::silent);
    end(Ending::silent, "nothing was heard of them for " + std::to_string(time.count()) + " seconds");
  } else if (phase_ == Phase::open && now >= ping_due()) {
    ping();
  }
}

void Session::ping() {
  pinged_ = true;
  output_ += encode(Ping{++pings_});
}

// A ping is sent once for each time that nothing is heard.
Instant Session::ping_due() const {
  if (pinged_) {
    return Instant::max();
  }
  const auto due = last_read_ + ping_after;
  return in_flight_.empty() ? due : std::min(due, std::max(last_read_, waiting_since_) + waiting_ping_after);
}

// What features send may fill the line before a message, and make the answer late.
Instant Session::silent_due() const {
  auto due = last_read_ + silent_after;
  if (!in_flight_.empty() && phase_ == Phase::open) {
    const auto waiting = std::max(last_read_, waiting_since_) + waiting_silent_after;
    due = std::min(due, featured_ ? std::max(waiting, *featured_ + silent_after) : waiting);
  }
  return probed_ ? std::min(due, *probed_ + probe_time) : due;
}

void Session::probe(Instant now) {
  if (phase_ == Phase::open && !probed_) {
    probed_ = now;
    ping();
  }
}

Instant Session::next_tick() const {
  if (ended() || phase_ == Phase::leaving) {
    return Instant::max();
  }
  if (phase_ == Phase::hello) {
    return started_ + hello_time;
  }
  return std::min(ping_due(), silent_due());
}

std::optional<Event> Session::next() {
  if (events_.empty()) {
    return std::nullopt;
  }
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::string Session::take_output() {
  return std::exchange(output_, {});
}

void Session::send(const Message& message, Instant now) {
  if (in_flight_.empty()) {
    waiting_since_ = now;
  }
  in_flight_.insert(message.id);
  output_ += encode(message);
}

void Session::acknowledge(std::span<const std::string> ids) {
  unacknowledged_ -= std::min(unacknowledged_, ids.size());
  if (!may_acknowledge_ || ids.empty()) {
    return;
  }
  for (std::size_t begin = 0; begin < ids.size(); begin += max_ack_ids) {
    const auto some = ids.subspan(begin, std::min(max_ack_ids, ids.size() - begin));
    output_ += encode(Ack{{some.begin(), some.end()}});
  }
}

void Session::send_encoded(std::string frames, Instant now) {
  featured_ = now;
  if (output_.empty()) {
    output_ = std::move(frames);
  } else {
    output_ += frames;
  }
}

void Session::leave(Farewell farewell) {
  if (phase_ == Phase::hello || phase_ == Phase::open) {
    phase_ = Phase::leaving;
    may_acknowledge_ = false;
    output_ += encode(bye_for(farewell));
  }
}

std::chrono::milliseconds Session::pause(Instant now, Sender sender) const {
  auto until = paid_until_ - frame_burst;
  if (sender == Sender::stranger) {
    until = std::max(until, messages_paid_until_ - message_burst);
  }
  return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(until - now));
}

void Session::end(Ending ending, std::string message) {
  phase_ = Phase::ended;
  events_.push_back(Ended{ending, std::move(message), {}});
}

void Session::fail(std::string_view code, std::string_view rule, std::string message) {
  send_error(code, message);
  phase_ = Phase::ended;
  events_.push_back(Ended{Ending::broken, std::move(message), std::string(rule)});
}

void Session::reject(const identity::Error& error) {
  if (!ended()) {
    fail(code_for(error.reason), error.rule, error.message);
  }
}

void Session::give_up(std::string message) {
  if (!ended()) {
    send_error("internal", "cannot go on");
    end(Ending::failed, std::move(message));
  }
}

void Session::refuse(std::string message) {
  if (!ended()) {
    send_error("busy", message);
    end(Ending::failed, std::move(message));
  }
}

void Session::send_error(std::string_view code, const std::string& message) {
  if (std::exchange(may_acknowledge_, false)) {
    output_ += encode(ErrorFrame{std::string(code), message.substr(0, max_error_text)});
  }
}

}  // namespace pd::session
