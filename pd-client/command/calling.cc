#include "command/calling.h"

#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "agent/socket.h"
#include "directory/event_stream.h"
#include "gather/gather.h"
#include "reach/race.h"

namespace pd::command {

namespace asio = boost::asio;
using connect::Cause;
using connect::no_link;
using session::Reached;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::hours as_long_as_it_takes{24 * 365};
constexpr std::chrono::seconds patience_with_stream{5};
constexpr std::chrono::seconds patience_with_end{1};
constexpr std::chrono::seconds lock_again{1};
constexpr std::chrono::seconds between_renewals{10};  // EVT-8
constexpr std::string_view last_event_file = "last-event";
constexpr std::chrono::seconds life_of_kept{10};

// What they publish may be an address in their own network. It is not waited for as long as where nothing else is left.
connect::Limits limits_of_endpoints() {
  connect::Limits limits;
  limits.connect = std::chrono::seconds(3);
  return limits;
}

std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

// Where this device is, and the race from there.
class RacedPlace final : public call::Place {
 public:
  RacedPlace(std::shared_ptr<gather::Gathering> own, std::shared_ptr<const connect::Credentials> self)
      : own_(std::move(own)), told_(own_->describe()), self_(std::move(self)) {}

  const punch::Description& description() const override { return told_; }

  asio::awaitable<call::LinkOutcome> find_path(punch::Description remote, call::Role role,
                                               directory::VerifiedPeer peer) override {
    const auto our_role = role == call::Role::caller ? punch::Role::caller : punch::Role::callee;
    reach::Entry entry{our_role, own_, told_, std::move(remote), {self_, std::move(peer)}};
    auto reached = co_await reach::race(std::move(entry));
    if (!reached) {
      co_return tl::unexpected(std::move(reached.error()));
    }
    co_return std::move(reached->link);
  }

 private:
  std::shared_ptr<gather::Gathering> own_;
  punch::Description told_;
  std::shared_ptr<const connect::Credentials> self_;
};

// Those of the owner's own server, as its descriptor names them.
std::vector<gather::StunServer> stun_servers(const directory::Pins& pins, const identity::Domain& domain) {
  std::vector<gather::StunServer> servers;
  if (const auto own = pins.domain(domain)) {
    for (const auto& server : own->descriptor.stun()) {
      servers.push_back({server.host, server.port});
    }
  }
  return servers;
}

}  // namespace

// What the thread of the stream speaks to: it passes everything on to the thread of the owner, while there is one.
class Calling::Stream final : public directory::EventStream::Watcher, public std::enable_shared_from_this<Stream> {
 public:
  Stream(asio::any_io_executor executor, Calling& owner)
      : executor_(std::move(executor)), owner_(&owner), home_(owner.parts_.context.home()) {}

  // On the owner's thread.
  void leave() { owner_ = nullptr; }

  void opened() override {
    tell([](Calling& owner) { owner.opened(); });
  }
  void event(const directory::ServerEvent& event) override {
    remember(event.id);
    if (event.type == "signal") {
      tell([signal = event.data](Calling& owner) { owner.take(signal); });
    }
  }
  void lost(const std::string& why) override {
    tell([why](Calling& owner) { owner.lost(why); });
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

  void tell(std::function<void(Calling&)> what) {
    asio::post(executor_, [self = shared_from_this(), what = std::move(what)] {
      if (self->owner_ != nullptr) {
        what(*self->owner_);
      }
    });
  }

  asio::any_io_executor executor_;
  Calling* owner_;
  const directory::Home home_;
};

// One who waits for the stream to open, as long as this lives.
class Calling::Waiting {
 public:
  explicit Waiting(Calling& calling)
      : changed(calling.parts_.executor),
        all_(calling.waiting_),
        place_(calling.waiting_.insert(calling.waiting_.end(), &changed)) {}
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { all_.erase(place_); }

  session::Wake changed;

 private:
  std::list<session::Wake*>& all_;
  std::list<session::Wake*>::iterator place_;
};

Calling::Calling(Parts parts, call::Calls::Watcher& watcher)
    : parts_(std::move(parts)),
      lookup_(parts_.context.lookup()),
      endpoints_(parts_.workers, parts_.people, parts_.self, parts_.on_dropped, limits_of_endpoints()),
      ways_(endpoints_, by_call_, parts_.on_calling),
      calls_({parts_.executor, parts_.workers, parts_.people, parts_.gatekeeper, *this, *this, parts_.self,
              parts_.context.clock()},
             watcher),
      stream_(std::make_shared<Stream>(parts_.executor, *this)),
      needed_(parts_.listens),
      retry_(parts_.executor),
      ended_(parts_.executor) {
  if (gather::port_mapping_allowed()) {
    mapper_.emplace(parts_.executor);
  }
}

Calling::~Calling() {
  stop_.request_stop();
  stream_->leave();
}

// --- the stream ------------------------------------------------------------------------------------------------------

void Calling::start() {
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
  network_.emplace(parts_.executor);
  asio::co_spawn(parts_.executor, watch_network(),
                 asio::bind_cancellation_slot(cancel_watch_.slot(), [this](const std::exception_ptr&) {
                   network_.reset();
                   ended_.notify();
                 }));
}

asio::awaitable<void> Calling::run() {
  while (!needed_ && !stopping_) {
    co_await retry_.wait();
  }
  while (!stopping_) {
    if (take_lock()) {
      co_await hold_stream();
      break;
    }
    co_await hear_of_stream();
    co_await retry_.wait(steady_clock::now() + lock_again);
  }
}

asio::awaitable<void> Calling::hold_stream() {
  // What the thread runs may outlive this object, when an exception unwinds past it.
  auto open = [&lookup = lookup_, self = parts_.self](const std::string& last_id,
                                                      const directory::Streaming& streaming) {
    lookup.client_of(self->address().domain()).events(self->address(), self->device_key(), last_id, streaming);
  };
  events_ = std::make_shared<directory::EventStream>(open, directory::EventStreamTimes(), stream_->last_id());
  std::function<directory::EventStream::End()> read = [events = events_, stream = stream_, stop = stop_.get_token()] {
    return events->run(*stream, stop);
  };
  const auto end = co_await parts_.workers.run(std::move(read), as_long_as_it_takes);
  if (end == directory::EventStream::End::replaced) {
    failing_ = false;
    lost("this device takes its calls elsewhere: is its key on another machine?");
  }
}

void Calling::renew_stream() {
  if (events_) {
    events_->renew();
  }
}

asio::awaitable<void> Calling::watch_network() {
  for (;;) {
    co_await network_->changed();
    renew_stream();
    parts_.on_changed_network();
  }
}

void Calling::link_ended(const session::Ended& how) {
  const bool gone = how.ending == session::Ending::silent || how.ending == session::Ending::lost;
  const auto now = steady_clock::now();
  if (gone && now >= renewed_ + between_renewals) {
    renewed_ = now;
    renew_stream();
  }
}

asio::awaitable<void> Calling::hear_of_stream() {
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

bool Calling::take_lock() {
  try {
    lock_.emplace(parts_.context.home().lock_calls());
    sharer_.emplace(parts_.executor, calls_socket());
  } catch (const directory::Failure& failure) {
    why_lost_ = failure.what();
  }
  return lock_.has_value();
}

std::filesystem::path Calling::calls_socket() const {
  return agent::socket_path(parts_.context.home().path(), agent::Door::calls);
}

void Calling::take(const std::string& signal) {
  if (sharer_) {
    sharer_->signal(signal);
  }
  calls_.receive(signal);
}

void Calling::opened() {
  if (sharer_) {
    sharer_->opened();
  }
  open_ = true;
  failing_ = false;
  tell_waiting();
  parts_.on_open();
}

void Calling::lost(const std::string& why) {
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

void Calling::tell_waiting() {
  for (auto* waiting : waiting_) {
    waiting->notify();
  }
}

// Waits while it may still open soon.
asio::awaitable<bool> Calling::stream_opens() {
  if (!std::exchange(needed_, true)) {
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

// --- our calls -------------------------------------------------------------------------------------------------------

asio::awaitable<connect::Outcome<Reached>> Calling::link_to(directory::VerifiedPeer peer) {
  if (auto link = take_kept(peer.address())) {
    co_return Reached{std::move(link), session::Way::their_call};
  }
  co_return co_await ways_.link_to(std::move(peer));
}

asio::awaitable<connect::Outcome<Reached>> Calling::place_call(directory::VerifiedPeer peer) {
  if (auto link = take_kept(peer.address())) {
    co_return Reached{std::move(link), session::Way::their_call};
  }
  const bool open = co_await stream_opens();
  if (!open) {
    co_return no_link(Cause::unreachable, "they publish no endpoint that answers, and cannot be called: " + why_lost_);
  }
  std::string why;
  try {
    co_return co_await calls_.link_to(std::move(peer));
  } catch (const directory::Failure& failure) {  // of this attempt: a device was removed, a limit was met
    why = failure.what();
  }
  co_return no_link(Cause::unreachable, std::move(why));
}

void Calling::keep(std::unique_ptr<connect::Link> link) {
  kept_.emplace(Kept{std::move(link), steady_clock::now() + life_of_kept});
}

std::unique_ptr<connect::Link> Calling::take_kept(const identity::Address& address) {
  if (!kept_ || kept_->link->peer().address() != address) {
    return nullptr;
  }
  auto kept = std::exchange(kept_, std::nullopt);
  return steady_clock::now() < kept->until ? std::move(kept->link) : nullptr;
}

// On a thread of the workers.
void Calling::post(const std::vector<std::string>& signals) {
  const auto& self = *parts_.self;
  lookup_.client_of(self.address().domain()).post_signals(signals, self.address(), self.device_key());
}

asio::awaitable<std::unique_ptr<call::Place>> Calling::gather() {
  gather::Options options;
  options.stun = stun_servers(parts_.context.pins(), parts_.self->address().domain());
  options.mapper = mapper_ ? &*mapper_ : nullptr;
  auto gathered = co_await gather::gather(std::move(options));
  std::shared_ptr<gather::Gathering> own(std::move(gathered));
  std::unique_ptr<call::Place> place = std::make_unique<RacedPlace>(std::move(own), parts_.self);
  co_return place;
}

asio::awaitable<void> Calling::stop() {
  stopping_ = true;
  cancel_watch_.emit(asio::cancellation_type::terminal);
  retry_.notify();
  stop_.request_stop();
  tell_waiting();
  kept_.reset();
  auto until = steady_clock::now() + patience_with_end;
  co_await calls_.shut_down(patience_with_end);
  if (!lock_) {
    until = {};  // there is no thread to wait for
  }
  while (!over_ || network_) {
    const bool in_time = co_await ended_.wait(until);
    if (!in_time) {
      cancel_run_.emit(asio::cancellation_type::terminal);
      until = steady_clock::time_point::max();
    }
  }
}

Calling::Parts parts_of_calling(Talking& talk, session::Gatekeeper& gatekeeper, bool listens) {
  const auto nothing = [](const std::string&) {};
  return {talk.context, talk.executor(), talk.workers, talk.people,
          gatekeeper,   talk.self,       listens,      [](const identity::Address&, const std::string&) {},
          nothing,      nothing};
}

asio::awaitable<void> hang_up(Calling& calling, Talking& talk) {
  co_await calling.stop();
  talk.over();
}

}  // namespace pd::command
