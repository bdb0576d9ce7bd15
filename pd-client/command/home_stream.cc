#include "command/home_stream.h"

#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "agent/socket.h"

namespace pd::command {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::hours as_long_as_it_takes{24 * 365};
constexpr std::chrono::seconds patience_with_stream{5};
constexpr std::chrono::seconds lock_again{1};
constexpr std::string_view last_event_file = "last-event";

std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

// What the thread of the stream speaks to: it passes everything on to the thread of the owner, while there is one.
class HomeStream::Reader final : public directory::EventStream::Watcher, public std::enable_shared_from_this<Reader> {
 public:
  Reader(asio::any_io_executor executor, HomeStream& owner)
      : executor_(std::move(executor)), owner_(&owner), home_(owner.parts_.context.home()) {}

  // On the owner's thread.
  void leave() { owner_ = nullptr; }

  void opened() override {
    tell([](HomeStream& owner) { owner.opened(); });
  }
  void event(const directory::ServerEvent& event) override {
    remember(event.id);
    if (event.type == "signal") {
      tell([signal = event.data](HomeStream& owner) { owner.take(signal); });
    }
  }
  void lost(const std::string& why) override {
    tell([why](HomeStream& owner) { owner.lost(why); });
  }

  // Empty: there was none.
  std::string last_id() const {
    const auto kept = home_.read(last_event_file);
    return kept && kept->size() <= directory::EventParser::max_id ? *kept : std::string();
  }

 private:
  // So that what was answered is not taken again by whoever comes after a kill (EVT-3).
  void remember(const std::string& id) {
    try {
      home_.write(last_event_file, id);
    } catch (const directory::Failure&) {  // then it may be: no reason to miss this one
    }
  }

  void tell(std::function<void(HomeStream&)> what) {
    asio::post(executor_, [self = shared_from_this(), what = std::move(what)] {
      if (self->owner_ != nullptr) {
        what(*self->owner_);
      }
    });
  }

  asio::any_io_executor executor_;
  HomeStream* owner_;
  const directory::Home home_;
};

// One who waits for the stream to open, as long as this lives.
class HomeStream::Waiting {
 public:
  explicit Waiting(HomeStream& stream)
      : changed(stream.parts_.executor),
        all_(stream.waiting_),
        place_(stream.waiting_.insert(stream.waiting_.end(), &changed)) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { all_.erase(place_); }

  session::Wake changed;

 private:
  std::list<session::Wake*>& all_;
  std::list<session::Wake*>::iterator place_;
};

HomeStream::HomeStream(Parts parts)
    : parts_(std::move(parts)),
      reader_(std::make_shared<Reader>(parts_.executor, *this)),
      retry_(parts_.executor),
      ended_(parts_.executor) {}

HomeStream::~HomeStream() {
  stop_.request_stop();
  reader_->leave();
}

void HomeStream::start() {
  over_ = false;
  asio::co_spawn(parts_.executor, run(),
                 asio::bind_cancellation_slot(cancel_run_.slot(), [this](const std::exception_ptr& failure) {
                   sharer_.reset();  // before somebody else may take its place
                   lock_.reset();
                   over_ = true;
                   if (failure && !stopping_) {
                     lost(what_of(failure));
                   }
                   open_ = false;
                   tell_waiting();
                   ended_.notify();
                 }));
}

asio::awaitable<void> HomeStream::run() {
  while (!parts_.needed && !stopping_) {
    co_await retry_.wait();
  }
  while (!stopping_) {
    if (take_lock()) {
      co_await hold();
      break;
    }
    co_await hear();
    co_await retry_.wait(steady_clock::now() + lock_again);
  }
}

asio::awaitable<void> HomeStream::hold() {
  // What the thread runs may outlive this object, when an exception unwinds past it.
  auto open = [&lookup = parts_.context.lookup(), self = parts_.self](const std::string& last_id,
                                                                      const directory::Streaming& streaming) {
    lookup.client_of(self->address().domain()).events(self->address(), self->device_key(), last_id, streaming);
  };
  events_ = std::make_shared<directory::EventStream>(open, directory::EventStreamTimes(), reader_->last_id());
  std::function<directory::EventStream::End()> read = [events = events_, reader = reader_, stop = stop_.get_token()] {
    return events->run(*reader, stop);
  };
  const auto end = co_await parts_.workers.run(std::move(read), as_long_as_it_takes);
  if (end == directory::EventStream::End::replaced) {
    failing_ = false;
    lost("this device takes its calls elsewhere: is its key on another machine?");
  }
}

asio::awaitable<void> HomeStream::hear() {
  std::string why = "the program that had your calls has ended";
  try {
    const bool heard = co_await agent::hear_stream(calls_socket(), *this);
    if (!heard) {
      co_return;  // it begins or ends in this moment
    }
  } catch (const directory::Failure& failure) {
    why = failure.what();
  }
  lost(why);
}

bool HomeStream::take_lock() {
  try {
    lock_.emplace(parts_.context.home().lock_calls());
    sharer_.emplace(parts_.executor, calls_socket());
  } catch (const directory::Failure& failure) {
    why_lost_ = failure.what();
  }
  return lock_.has_value();
}

std::filesystem::path HomeStream::calls_socket() const {
  return agent::socket_path(parts_.context.home().path(), agent::Door::calls);
}

void HomeStream::take(const std::string& signal) {
  if (sharer_) {
    sharer_->signal(signal);
  }
  parts_.on_signal(signal, call::Calls::Interest::everything);
}

void HomeStream::opened() {
  if (sharer_) {
    sharer_->opened();
  }
  open_ = true;
  failing_ = false;
  tell_waiting();
  parts_.on_open();
}

void HomeStream::lost(const std::string& why) {
  if (sharer_) {
    sharer_->lost(why);
  }
  open_ = false;
  why_lost_ = why;
  if (!std::exchange(failing_, true)) {
    parts_.on_lost(why);
  }
  tell_waiting();
}

void HomeStream::tell_waiting() {
  for (auto* waiting : waiting_) {
    waiting->notify();
  }
}

asio::awaitable<bool> HomeStream::opens() {
  if (!std::exchange(parts_.needed, true)) {
    retry_.notify();
  }
  const auto until = steady_clock::now() + patience_with_stream;
  Waiting waiting(*this);
  while (!open_ && !over_) {
    const bool in_time = co_await waiting.changed.wait(until);
    if (!in_time) {
      break;
    }
  }
  co_return open_;
}

void HomeStream::renew() {
  if (events_) {
    events_->renew();
  }
}

void HomeStream::stop() {
  stopping_ = true;
  retry_.notify();
  stop_.request_stop();
  tell_waiting();
}

asio::awaitable<void> HomeStream::ended(steady_clock::time_point until) {
  if (!lock_) {
    until = {};  // there is no thread to wait for
  }
  while (!over_) {
    const bool in_time = co_await ended_.wait(until);
    if (!in_time) {
      cancel_run_.emit(asio::cancellation_type::terminal);
      until = steady_clock::time_point::max();
    }
  }
}

}  // namespace pd::command
