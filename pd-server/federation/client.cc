#include "federation/client.h"

#include <algorithm>
#include <stdexcept>

#include <openssl/ssl.h>

#include "federation/client_tls.h"
#include "federation/guard.h"

namespace pd::federation {
namespace {

namespace asio = boost::asio;
using asio::ip::address;

constexpr std::size_t max_addresses = 6;  // of one host that are tried

// One family, then the other, in turn: a family without a route costs one attempt at most before the other is tried.
std::vector<address> alternate(std::vector<address> from) {
  if (from.empty()) return from;
  const bool first = from.front().is_v4();
  const auto middle =
      std::stable_partition(from.begin(), from.end(), [&](const address& a) { return a.is_v4() == first; });
  std::vector<address> mixed;
  for (auto a = from.begin(), b = middle; a != middle || b != from.end();) {
    if (a != middle) mixed.push_back(*a++);
    if (b != from.end()) mixed.push_back(*b++);
  }
  return mixed;
}

std::string place_of(const Where& where) {
  return where.host + ":" + std::to_string(where.port) + " " + where.certificate + (where.any_address ? " any" : "");
}

}  // namespace

Client::Client(asio::io_context& context, Resolver& resolver, ClientSettings settings)
    : context_(context),
      resolver_(resolver),
      settings_(std::move(settings)),
      tls_(client_tls(settings_.ca_file)),
      budget_(settings_.read_bytes) {
  for (const auto& one : settings_.resolve) {
    boost::system::error_code error;
    const auto to = asio::ip::make_address(one.address, error);
    if (error) throw std::runtime_error("'" + one.address + "' is not an IP address");
    overrides_.insert_or_assign({one.domain.text(), one.port}, Endpoint(to, one.target_port));
  }
}

bool Client::overridden(const std::string& host, std::uint16_t port) const {
  return overrides_.contains({host, port});
}

awaitable<Answer> Client::get(Where where, Ask ask, Steady::time_point connect_by) {
  const auto place = place_of(where);
  auto connection = take_idle(place);
  const bool reused = connection != nullptr;
  if (!reused) connection = co_await open(where, ask.deadline, connect_by);

  // One that was kept may have gone silent unnoticed: there must be time left for a new one.
  if (const auto now = Steady::now(); reused) ask.begin_by = now + (std::min(ask.deadline, connect_by) - now) / 2;
  for (bool again = reused;; again = false) {
    std::string failure;
    try {
      auto answer = co_await connection->exchange(ask, budget_);
      if (connection->reusable()) keep(place, std::move(connection));
      co_return answer;
    } catch (const boost::system::system_error& error) {
      failure = error.code().message();
    }
    // The server may have closed a kept connection just as the request went out. A GET may be sent again, and so may
    // signals: what was taken is not taken twice.
    if (!again || !connection->unanswered() || Steady::now() >= ask.deadline)
      throw RemoteError(Trouble::unreachable, where.host + ": " + failure);
    ask.begin_by = ask.deadline;
    connection = co_await open(where, ask.deadline, connect_by);
  }
}

awaitable<std::vector<Client::Endpoint>> Client::endpoints_of(const Where& where, Steady::time_point connect_by) {
  if (const auto found = overrides_.find({where.host, where.port}); found != overrides_.end())
    co_return std::vector<Endpoint>{found->second};
  const auto answer = co_await resolver_.addresses(where.host, connect_by);
  if (answer.status == DnsStatus::none) throw RemoteError(Trouble::unreachable, where.host + " has no address");
  if (answer.status == DnsStatus::failed)
    throw RemoteError(Trouble::unreachable, "DNS does not answer for " + where.host);

  std::vector<Endpoint> endpoints;
  for (const auto& one : alternate(answer.addresses)) {
    if (endpoints.size() < max_addresses && (where.any_address || is_public(one)))
      endpoints.emplace_back(one, where.port);
  }
  if (endpoints.empty())
    throw RemoteError(Trouble::forbidden_address, where.host + " leads to " + answer.addresses.front().to_string() +
                                                      ", which is not a public address (FED-8)");
  co_return endpoints;
}

awaitable<std::unique_ptr<Connection>> Client::open(const Where& where, Steady::time_point deadline,
                                                    Steady::time_point connect_by) {
  const auto endpoints = co_await endpoints_of(where, connect_by);
  auto connection = co_await connect(endpoints, connect_by);
  co_await connection->handshake(where.certificate, deadline);
  co_return connection;
}

// Each address in turn, none for longer than connect_timeout, the last as long as there is time.
awaitable<std::unique_ptr<Connection>> Client::connect(const std::vector<Endpoint>& endpoints,
                                                       Steady::time_point connect_by) {
  std::string failure;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto now = Steady::now();
    if (now >= connect_by) break;
    const bool last = i + 1 == endpoints.size();
    auto connection = std::make_unique<Connection>(context_, tls_);
    try {
      co_await connection->connect(endpoints[i],
                                   last ? connect_by : std::min(connect_by, now + settings_.connect_timeout));
      co_return connection;
    } catch (const boost::system::system_error& error) {
      failure = endpoints[i].address().to_string() + ": " + error.code().message();
    }
  }
  throw RemoteError(Trouble::unreachable, failure.empty() ? "no time was left to connect" : failure);
}

std::unique_ptr<Connection> Client::take_idle(const std::string& place) {
  for (auto one = idle_.begin(); one != idle_.end();) {
    if (one->place != place) {
      ++one;
      continue;
    }
    auto connection = std::move(one->connection);
    one = idle_.erase(one);
    if (connection->quiet()) return connection;
  }
  return nullptr;
}

void Client::keep(std::string place, std::unique_ptr<Connection> connection) {
  const auto here = std::count_if(idle_.begin(), idle_.end(), [&](const Idle& one) { return one.place == place; });
  if (static_cast<std::size_t>(here) >= settings_.idle_at_one_place) return;
  if (idle_.size() >= settings_.idle_connections) idle_.pop_back();
  idle_.push_front({std::move(place), std::move(connection), Steady::now()});
}

void Client::sweep(Steady::time_point now) {
  idle_.remove_if([&](const Idle& one) { return now - one.since > settings_.idle_time; });
}

}  // namespace pd::federation
