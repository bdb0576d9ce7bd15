#include "reach/race.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "connect/link_over_path.h"
#include "connect/tasks.h"
#include "gather/endpoint.h"
#include "reach/punching.h"

namespace pd::reach {

namespace asio = boost::asio;
using asio::ip::tcp;
using connect::Cause;
using connect::Link;
using punch::Role;
using punch::Transport;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr char chosen = 0x02;              // RACE-10
constexpr milliseconds time_to_tell{100};  // so that the race still hears why there is no link over TCP

bool both_symmetric(const Entry& entry) {
  return entry.told.nat == punch::NatKind::symmetric && entry.remote.nat == punch::NatKind::symmetric;
}

// RACE-12
milliseconds time_for(const Entry& entry, const Limits& limits) {
  const auto total = both_symmetric(entry) ? limits.both_symmetric : limits.total;
  return entry.role == Role::callee ? total + limits.answerer_more : total;
}

}  // namespace

// A link whose other side has proven itself, before the caller has chosen.
struct Finalist {
  std::unique_ptr<Link> link;
  std::string path;
  Transport transport;
  milliseconds time;
};

struct Contest {
  Contest(const asio::any_io_executor& executor, Entry from, const Limits& bounds)
      : entry(std::move(from)),
        limits(bounds),
        begun(steady_clock::now()),
        ends(begun + time_for(entry, bounds)),
        candidates(punch::reachable_candidates(entry.remote, entry.own->machine())),
        evidence{entry.parties.peer.address().text(),
                 entry.told.nat,
                 entry.remote.nat,
                 {},
                 {},
                 {},
                 !entry.own->udp.empty(),
                 entry.own->tcp != nullptr},
        tasks(executor) {}

  milliseconds left() const {
    return std::max(std::chrono::ceil<milliseconds>(ends - steady_clock::now()), milliseconds(1));
  }

  Finalist finalist(std::unique_ptr<Link> link, std::string path, Transport transport) const {
    const auto time = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
    return {std::move(link), std::move(path), transport, time};
  }

  void win(Finalist&& finalist) {
    if (!won) {
      auto link = std::make_unique<connect::LinkOverPath>(std::move(finalist.link),
                                                          connect::Path{finalist.path, finalist.time});
      won = Reached{std::move(link), std::move(finalist.path), finalist.transport, finalist.time};
      tasks.changed().notify();
    }
  }

  // Somebody else holds the pair that the other side's probes have opened: final.
  bool somebody_else() const { return evidence.over_udp && evidence.over_udp->cause == Cause::wrong_key; }

  Entry entry;
  const Limits limits;
  const steady_clock::time_point begun;
  const steady_clock::time_point ends;
  const std::vector<punch::Candidate> candidates;
  Evidence evidence;
  std::deque<Finalist> finalists;  // of the caller
  std::size_t held = 0;            // by the answerer
  std::optional<Reached> won;
  connect::Tasks tasks;
};

namespace {

using Shared = std::shared_ptr<Contest>;

// For people. A candidate of the other side, or where they came from when it is none.
std::string tcp_path(const Contest& contest, const std::string& where) {
  const auto from = punch::TransportAddress::parse(where);
  punch::Candidate seen{punch::CandidateType::server_reflexive, Transport::tcp, {punch::IpAddress::v4({}), 0}};
  if (from) {
    seen.address = *from;
    seen.type = from->ip.is_private() ? punch::CandidateType::host : punch::CandidateType::server_reflexive;
  }
  for (const auto& candidate : contest.candidates) {
    if (candidate.transport == Transport::tcp && candidate.address.text() == where) {
      seen = candidate;
    }
  }
  const auto path = punch::path_over(seen);
  return path == punch::Path::server_reflexive ? "TCP, opened from both sides" : std::string(punch::name(path));
}

// One more link that the answerer holds, as long as this lives.
class Holding {
 public:
  explicit Holding(std::size_t& count) : count_(++count) {}
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;
  ~Holding() { --count_; }

 private:
  std::size_t& count_;
};

// The answerer holds a link until the caller chooses one: this one, if that is what it says first.
asio::awaitable<void> await_choice(Shared contest, Finalist finalist) {
  if (contest->held >= contest->limits.held) {
    co_return;
  }
  const Holding holding(contest->held);
  std::array<char, 1> byte{};
  const std::size_t size = co_await finalist.link->read(byte);
  if (size == 1 && byte[0] == chosen) {
    contest->win(std::move(finalist));
  }
}

// The caller takes the first: its word is the first thing on it. False when it was lost in this moment.
asio::awaitable<bool> choose(Finalist& finalist) {
  try {
    co_await finalist.link->write(std::string_view(&chosen, 1));
    co_return true;
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) {
      throw;
    }
  }
  co_return false;
}

void authenticated(const Shared& contest, Finalist finalist) {
  if (contest->entry.role == Role::callee) {
    contest->tasks.spawn(await_choice(contest, std::move(finalist)));
  } else {
    contest->finalists.push_back(std::move(finalist));
    contest->tasks.changed().notify();
  }
}

asio::awaitable<void> run_udp(Shared contest) {
  auto& entry = contest->entry;
  Sides sides{entry.role, entry.told, entry.remote, entry.own->machine()};
  auto punched = co_await punch_through(std::move(entry.own->udp), std::move(sides));
  if (!punched) {
    contest->evidence.punching = std::move(punched.error());
    co_return;
  }
  // What runs over the path keeps the port mapped.
  punched->way.foreign = [answer = std::move(punched->way.foreign), keep = entry.own->mapped_udp](
                             net::UdpSocket& socket, const asio::ip::udp::endpoint& from, net::Datagram datagram) {
    return answer(socket, from, datagram);
  };
  auto limits = contest->limits.quic;
  limits.handshake = std::min(limits.handshake, contest->left());
  const auto make = entry.role == Role::caller ? quic::connect : quic::accept;
  auto link = co_await make(entry.parties.self, entry.parties.peer, std::move(punched->way), limits);
  punched->kept.reset();
  if (link) {
    authenticated(contest,
                  contest->finalist(std::move(*link), std::string(punch::name(punched->path)), Transport::udp));
  } else {
    contest->evidence.over_udp = std::move(link.error());
  }
}

std::vector<tcp::endpoint> tcp_endpoints(const Contest& contest) {
  std::vector<tcp::endpoint> endpoints;
  for (const auto& candidate : contest.candidates) {
    if (candidate.transport == Transport::tcp) {
      endpoints.push_back(gather::endpoint_of<tcp>(candidate.address));
    }
  }
  return endpoints;
}

asio::awaitable<void> run_tcp(Shared contest) {
  auto& entry = contest->entry;
  auto parties = entry.parties;
  parties.keep = entry.own->mapped_tcp;
  auto bounds = contest->limits.tcp;
  bounds.total = std::max(contest->left() - time_to_tell, milliseconds(1));
  if (entry.role == Role::caller) {
    auto link = co_await connect::open_calling(entry.own->tcp, std::move(parties), tcp_endpoints(*contest), bounds);
    if (link) {
      auto path = tcp_path(*contest, (*link)->where());
      authenticated(contest, contest->finalist(std::move(*link), std::move(path), Transport::tcp));
    } else {
      contest->evidence.over_tcp = std::move(link.error());
    }
    co_return;
  }
  const std::weak_ptr<Contest> weak = contest;  // the opening keeps this, and the contest the opening
  connect::OnLink on_link = [weak](std::unique_ptr<Link> link) {
    if (const auto held = weak.lock()) {
      auto path = tcp_path(*held, link->where());
      authenticated(held, held->finalist(std::move(link), std::move(path), Transport::tcp));
    }
  };
  auto failure = co_await connect::open_answering(entry.own->tcp, std::move(parties), tcp_endpoints(*contest),
                                                  std::move(on_link), bounds);
  contest->evidence.over_tcp = std::move(failure);
}

}  // namespace

asio::awaitable<connect::Outcome<Reached>> race(Entry entry, Limits limits) {
  const auto executor = co_await asio::this_coro::executor;
  const auto contest = std::make_shared<Contest>(executor, std::move(entry), limits);
  const std::unique_ptr<Contest, void (*)(Contest*)> end(contest.get(), [](Contest* it) { it->tasks.cancel(); });
  if (contest->evidence.used_udp) {
    contest->tasks.spawn(run_udp(contest));
  }
  if (contest->evidence.used_tcp) {
    contest->tasks.spawn(run_tcp(contest));
  }
  while (!contest->won && !contest->somebody_else() && steady_clock::now() < contest->ends) {
    if (!contest->finalists.empty()) {
      auto first = std::move(contest->finalists.front());
      contest->finalists.pop_front();
      const bool taken = co_await choose(first);
      if (taken) {
        contest->win(std::move(first));
      }
    } else if (contest->tasks.running() == 0) {
      break;
    } else {
      co_await contest->tasks.changed().wait(contest->ends);
    }
  }
  if (!contest->won) {
    co_return tl::unexpected(report_on(contest->evidence));
  }
  co_return *std::move(contest->won);
}

}  // namespace pd::reach
