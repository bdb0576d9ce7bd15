#include "command/calling.h"

#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "gather/gather.h"
#include "reach/race.h"

namespace pd::command {

namespace asio = boost::asio;
using connect::Cause;
using connect::no_link;
using session::Reached;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds patience_with_end{1};
constexpr std::chrono::seconds between_renewals{10};  // EVT-8
constexpr std::chrono::seconds life_of_kept{10};

// What they publish may be an address in their own network. It is not waited for as long as where nothing else is left.
connect::Limits limits_of_endpoints() {
  connect::Limits limits;
  limits.connect = std::chrono::seconds(3);
  return limits;
}

// Where this device is, and the race from there.
class RacedPlace final : public call::Place {
 public:
  RacedPlace(std::shared_ptr<gather::Gathering> own, std::shared_ptr<const connect::Credentials> self)
      : own_(std::move(own)), told_(own_->describe()), self_(std::move(self)) {}

  const punch::Description& description() const override { return told_; }

  asio::awaitable<call::LinkOutcome> find_path(punch::Description remote, punch::Role role,
                                               directory::VerifiedPeer peer) override {
    reach::Entry entry{role, own_, told_, std::move(remote), {self_, std::move(peer)}};
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

}  // namespace

std::vector<identity::StunServer> remembered_stun(Context& context, const identity::Domain& domain) {
  const auto pin = context.pins().domain(domain);
  return pin ? pin->descriptor.stun() : std::vector<identity::StunServer>();
}

Calling::Calling(Parts parts, call::Calls::Watcher& watcher)
    : parts_(std::move(parts)),
      lookup_(parts_.context.lookup()),
      endpoints_(parts_.workers, parts_.people, parts_.self, parts_.on_dropped, limits_of_endpoints()),
      ways_(endpoints_, by_call_, parts_.on_calling),
      calls_({parts_.executor, parts_.workers, parts_.people, parts_.gatekeeper, *this, *this, parts_.self,
              parts_.context.clock()},
             watcher),
      stream_(stream_parts()),
      watch_ended_(parts_.executor) {
  if (gather::port_mapping_allowed()) {
    mapper_.emplace(parts_.executor);
  }
}

HomeStream::Parts Calling::stream_parts() {
  return {.context = parts_.context,
          .executor = parts_.executor,
          .workers = parts_.workers,
          .self = parts_.self,
          .needed = parts_.listens,
          .on_signal = [this](const std::string& signal,
                              call::Calls::Interest interest) { calls_.receive(signal, interest); },
          .on_lost = parts_.on_lost,
          .on_open = parts_.on_open};
}

void Calling::start() {
  stream_.start();
  network_.emplace(parts_.executor);
  asio::co_spawn(parts_.executor, watch_network(),
                 asio::bind_cancellation_slot(cancel_watch_.slot(), [this](const std::exception_ptr&) {
                   network_.reset();
                   watch_ended_.notify();
                 }));
}

asio::awaitable<void> Calling::watch_network() {
  for (;;) {
    co_await network_->changed();
    stream_.renew();
    parts_.on_changed_network();
  }
}

void Calling::link_ended(const session::Ended& how) {
  const bool gone = how.ending == session::Ending::silent || how.ending == session::Ending::lost;
  const auto now = steady_clock::now();
  if (gone && now >= renewed_ + between_renewals) {
    renewed_ = now;
    stream_.renew();
  }
}

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
  const bool open = co_await stream_.opens();
  if (!open) {
    co_return no_link(Cause::unreachable,
                      "they publish no endpoint that answers, and cannot be called: " + stream_.why_lost());
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
  options.stun = remembered_stun(parts_.context, parts_.self->address().domain());
  options.mapper = mapper_ ? &*mapper_ : nullptr;
  auto gathered = co_await gather::gather(std::move(options));
  std::shared_ptr<gather::Gathering> own(std::move(gathered));
  std::unique_ptr<call::Place> place = std::make_unique<RacedPlace>(std::move(own), parts_.self);
  co_return place;
}

asio::awaitable<void> Calling::stop() {
  cancel_watch_.emit(asio::cancellation_type::terminal);
  stream_.stop();
  kept_.reset();
  const auto until = steady_clock::now() + patience_with_end;
  co_await calls_.shut_down(patience_with_end);
  co_await stream_.ended(until);
  while (network_) {
    co_await watch_ended_.wait();
  }
}

Calling::Parts parts_of_calling(Talking& talk, session::Gatekeeper& gatekeeper, bool listens) {
  auto say_once = [&view = talk.view, said = std::string()](const identity::Address&, const std::string& what) mutable {
    if (what != std::exchange(said, what)) {
      view.note("dropped", what);
    }
  };
  return {.context = talk.context,
          .executor = talk.executor(),
          .workers = talk.workers,
          .people = talk.people,
          .gatekeeper = gatekeeper,
          .self = talk.self,
          .listens = listens,
          .on_dropped = std::move(say_once),
          .on_calling = [](const std::string&) {},
          .on_lost = [](const std::string&) {}};
}

asio::awaitable<void> hang_up(Calling& calling, Talking& talk) {
  co_await calling.stop();
  talk.over();
}

}  // namespace pd::command
