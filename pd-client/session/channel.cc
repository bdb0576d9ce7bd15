#include "session/channel.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>

#include "directory/failure.h"

namespace pd::session {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::size_t most_read_bytes = 256 * 1024;  // where as much comes at once
// Bytes are read as long as less output waits than this. It is far more than `enough_output`, and the gap is for
// answers: our own messages alone never keep us from reading, or two sides could wait for ever.
constexpr std::size_t too_much_output = 2 * 1024 * 1024;
constexpr std::size_t messages_at_once = 16;
constexpr std::chrono::milliseconds bye_time = 2s;
constexpr std::chrono::milliseconds last_words_time = 1s;

Instant now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Channel::Channel(const asio::any_io_executor& executor, std::unique_ptr<connect::Link> link, Session session,
                 const Shared& shared)
    : executor_(executor),
      link_(std::move(link)),
      session_(std::move(session)),
      shared_(shared),
      written_(executor),
      drained_(executor),
      ticked_(executor) {}

std::vector<FeatureTypes> types_of(const std::vector<Feature*>& features, bool with_chat) {
  std::vector<FeatureTypes> types;
  if (with_chat) {
    types.push_back(chat());
  }
  for (const auto* feature : features) {
    types.push_back(feature->types());
  }
  return types;
}

asio::awaitable<Ended> Channel::run(std::function<void()> on_open) {
  const auto self = shared_from_this();
  on_open_ = std::move(on_open);
  asio::co_spawn(
      executor_, [self] { return self->write_all(); }, asio::detached);
  asio::co_spawn(
      executor_, [self] { return self->keep_time(); }, asio::detached);
  co_await read_all();
  written_.notify();
  while (!writing_over_) {  // linger_ sees to it that this ends
    co_await drained_.wait();
  }
  close_extensions();
  linger_.reset();
  link_->close();
  ticked_.notify();
  if (opened_) {
    shared_.observer.closed(*this, how_);
  }
  co_return how_;
}

asio::awaitable<void> Channel::read_all() {
  std::vector<char> buffer(read_bytes);
  Wake rest(executor_);
  while (!session_.ended()) {
    while (unwritten() > too_much_output && !writing_over_) {
      co_await drained_.wait();
    }
    if (const auto time = pause(); time > 0ms) {
      co_await rest.wait(now() + time);
    }
    try {
      const std::size_t size = co_await link_->read(buffer);
      if (size == 0) {
        session_.link_ended("the connection ended");
      } else {
        session_.feed({buffer.data(), size}, now());
        if (size == buffer.size() && size < most_read_bytes) {
          buffer.resize(2 * size);
        }
      }
    } catch (const boost::system::system_error& error) {
      session_.link_ended(error.code().message());
    }
    handle_events();
  }
}

// Whether they are a contact is only asked for where it matters.
std::chrono::milliseconds Channel::pause() const {
  const auto time = now();
  const auto of_stranger = session_.pause(time, Sender::stranger);
  if (of_stranger > 0ms && (shared_.allowance == nullptr || shared_.allowance->is_contact(peer()))) {
    return session_.pause(time, Sender::contact);
  }
  return of_stranger;
}

asio::awaitable<void> Channel::write_all() {
  const auto self = shared_from_this();
  try {
    for (;;) {
      output_ = session_.take_output();
      if (!output_.empty()) {
        co_await link_->write(output_);
        output_.clear();
        drained_.notify();
        pump();
        continue;
      }
      if (session_.ended()) {
        break;
      }
      co_await written_.wait();
    }
  } catch (const boost::system::system_error& error) {
    session_.link_ended(error.code().message());
    link_->close();
    handle_events();
  }
  output_.clear();
  writing_over_ = true;
  drained_.notify();
}

asio::awaitable<void> Channel::keep_time() {
  const auto self = shared_from_this();
  while (!session_.ended()) {
    co_await ticked_.wait(session_.next_tick());
    session_.tick(now());
    handle_events();
  }
}

void Channel::handle_events() {
  std::vector<Message> batch;
  try {
    while (auto event = session_.next()) {
      if (auto* received = std::get_if<Received>(&*event)) {
        batch.push_back(std::move(received->message));
        continue;
      }
      store_received(batch);
      if (auto* extended = std::get_if<Extended>(&*event)) {
        extend(std::move(*extended));
        continue;
      }
      handle(*event);
    }
    store_received(batch);
  } catch (const directory::Failure& failure) {  // the disk: what was not stored is not acknowledged either
    give_up(failure);
  }
  pump();
  written_.notify();
}

void Channel::handle(const Event& event) {
  if (std::holds_alternative<Opened>(event)) {
    start_extensions();
  } else if (const auto* acknowledged = std::get_if<Acknowledged>(&event)) {
    const auto fresh = shared_.history.mark_delivered(address(), acknowledged->ids);
    if (!fresh.empty()) {
      shared_.observer.delivered(*this, fresh);
    }
  } else if (const auto* ended = std::get_if<Ended>(&event)) {
    how_ = *ended;
    close_extensions();
    linger(last_words_time);
    ticked_.notify();
  }
}

void Channel::start_extensions() {
  opened_ = true;
  shared_.observer.opened(*this);
  if (on_open_) {
    on_open_();
  }
  for (auto* feature : shared_.features) {
    if (session_.has(feature->types().name)) {
      extensions_.emplace_back(feature->types(), feature->start(*this));
    }
  }
  ticked_.notify();
}

void Channel::extend(Extended frame) {
  for (const auto& [types, extension] : extensions_) {
    if (types.owns(frame.type)) {
      const auto keep = extension;
      if (const auto fine = keep->receive(frame.type, std::move(frame.payload)); !fine) {
        reject(fine.error());
      }
      return;
    }
  }
}

void Channel::close_extensions() {
  for (const auto& [types, extension] : std::exchange(extensions_, {})) {
    extension->close();
  }
}

void Channel::send(std::string frames) {
  if (session_.open()) {
    session_.send_encoded(std::move(frames), now());
    written_.notify();
  }
}

void Channel::store_received(std::vector<Message>& batch) {
  if (batch.empty()) {
    return;
  }
  if (how_.ending == Ending::failed) {
    batch.clear();  // nothing is kept after what was not: they come again, in their order
    return;
  }
  const auto time = shared_.clock();
  if (shared_.allowance != nullptr && !shared_.allowance->permits(peer(), batch, time)) {
    batch.clear();  // not acknowledged: they come again
    return refuse_more();
  }
  const auto fresh = shared_.history.receive(address(), batch, time);
  if (shared_.allowance != nullptr) {
    shared_.allowance->count(peer(), fresh);
  }
  for (const auto& message : fresh) {
    shared_.observer.received(*this, message);
  }
  std::vector<std::string> ids;
  for (auto& message : batch) {
    ids.push_back(std::move(message.id));
  }
  session_.acknowledge(ids);
  batch.clear();
}

void Channel::pump() {
  try {
    send_messages();
    for (std::size_t i = 0; i < extensions_.size() && room(); ++i) {
      const auto keep = extensions_[i].second;
      keep->supply();
    }
  } catch (const directory::Failure& failure) {
    give_up(failure);
  }
  written_.notify();
}

void Channel::send_messages() {
  while (!retired_ && session_.room() > 0 && unwritten() < enough_output) {
    const auto at_once = std::min(messages_at_once, session_.room());
    const auto entries = shared_.history.undelivered(address(), sent_through_, at_once);
    if (entries.empty()) {
      break;
    }
    std::vector<std::string> first_time;
    for (const auto& entry : entries) {
      if (entry.delivery == Delivery::pending) {
        first_time.push_back(entry.message.id);
      }
    }
    shared_.history.mark_sent(address(), first_time);
    ticked_.notify();
    for (const auto& entry : entries) {
      session_.send(entry.message, now());
      sent_through_ = entry.seq;
    }
  }
}

void Channel::resume() {
  retired_ = false;
  pump();
}

void Channel::probe() {
  session_.probe(now());
  written_.notify();
  ticked_.notify();
}

void Channel::refuse_more() {
  const std::string why = "too much in one day for somebody who is no contact (SESS-18)";
  session_.refuse(why);
  how_ = Ended{Ending::failed, why, {}};
  linger(last_words_time);
  ticked_.notify();
}

void Channel::reject(const identity::Error& error) {
  session_.reject(error);
  handle_events();
}

void Channel::give_up(const directory::Failure& failure) {
  session_.give_up(failure.what());
  how_ = Ended{Ending::failed, failure.what(), {}};
  linger(last_words_time);
  ticked_.notify();
}

void Channel::leave(Farewell farewell) {
  if (!session_.ended()) {
    session_.leave(farewell);
    linger(bye_time);
    ticked_.notify();
    written_.notify();
  }
}

void Channel::linger(std::chrono::milliseconds time) {
  linger_ = std::make_unique<connect::Deadline>(executor_, time, [this] { link_->close(); });
}

}  // namespace pd::session
