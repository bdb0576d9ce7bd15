#include "connect/dial.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connect/deadline.h"
#include "connect/handshake_failure.h"
#include "connect/tls_link.h"
#include "connect/wake.h"

namespace pd::connect {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// The attempts of one dial(), which outlive it for as long as it takes them to notice that they were abandoned.
struct Race {
  Race(const asio::any_io_executor& executor, std::shared_ptr<const Credentials> credentials,
       directory::VerifiedPeer peer, const Limits& bounds)
      : self(std::move(credentials)),
        callee(std::move(peer)),
        limits(bounds),
        context(dialling_context(*self, callee)),
        changed(executor) {}

  // Takes the link when `failure` is empty and nobody was faster.
  void ended(std::shared_ptr<TlsStream> stream, std::string failure) {
    --running;
    std::erase(streams, stream);
    if (!failure.empty()) {
      failures += (failures.empty() ? "" : "; ") + std::move(failure);
    } else if (!over && !won) {
      const auto claim = claim_of(stream->native_handle());
      if (claim) {
        won.reset(new TlsLink(std::move(stream), callee, claim->key));
      }
    }
    changed.notify();
  }

  void abandon() {
    over = true;
    for (const auto& stream : streams) {
      stream->close();
    }
  }

  const std::shared_ptr<const Credentials> self;
  const directory::VerifiedPeer callee;
  const Limits limits;
  asio::ssl::context context;
  Wake changed;  // an attempt has ended
  std::vector<std::shared_ptr<TlsStream>> streams;
  std::size_t running = 0;
  bool over = false;
  std::unique_ptr<Link> won;
  bool wrong_key = false;
  std::string failures;
};

namespace {

constexpr std::chrono::milliseconds head_start{250};
constexpr std::size_t max_dials = 16;  // EP-10

std::string why(const error_code& error, const Deadline& deadline) {
  return deadline.passed() ? "no answer in time" : error.message();
}

// What is known better than the library says it.
void explain(Race& race, HandshakeFailure how, std::string& failure) {
  race.wrong_key = race.wrong_key || is_wrong_key(how);
  if (auto known = explained(how, race.callee.address().text()); !known.empty()) {
    failure = std::move(known);
  }
}

// One endpoint: connect, then handshake. Says in the race how it went.
asio::awaitable<void> attempt(std::shared_ptr<Race> race, tcp::endpoint endpoint) {
  const auto executor = co_await asio::this_coro::executor;
  auto stream = std::make_shared<TlsStream>(tcp::socket(executor), race->context);
  race->streams.push_back(stream);
  const auto close = [stream] { stream->close(); };
  error_code error;
  std::string failure;
  {
    const Deadline deadline(executor, race->limits.connect, close);
    co_await stream->socket().async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    failure = why(error, deadline);
  }
  if (!error && !race->over) {
    const Deadline deadline(executor, race->limits.handshake, close);
    error = co_await stream->handshake(TlsStream::Role::client);
    failure = why(error, deadline);
  }
  if (error) {
    explain(*race, handshake_failure(stream->native_handle()), failure);
  }
  race->ended(std::move(stream), error ? text_of(endpoint) + ": " + failure : std::string());
}

NoLink lost(const Race& race) {
  return NoLink{race.wrong_key ? Cause::wrong_key : Cause::unreachable, race.failures};
}

}  // namespace

asio::awaitable<Outcome<std::unique_ptr<Link>>> dial(std::shared_ptr<const Credentials> self,
                                                     directory::VerifiedPeer callee,
                                                     std::vector<identity::TcpEndpoint> endpoints, Limits limits) {
  const auto executor = co_await asio::this_coro::executor;
  const auto race = std::make_shared<Race>(executor, std::move(self), std::move(callee), limits);
  const std::unique_ptr<Race, void (*)(Race*)> finish(race.get(), [](Race* left) { left->abandon(); });
  const std::span dialled(endpoints.data(), std::min(endpoints.size(), max_dials));
  for (const auto& literal : dialled) {
    const tcp::endpoint endpoint(asio::ip::make_address(literal.ip()), literal.port());
    ++race->running;
    asio::co_spawn(executor, attempt(race, endpoint), asio::detached);
    const std::size_t before = race->running;
    const auto next_start = std::chrono::steady_clock::now() + head_start;
    while (!race->won && race->running == before && std::chrono::steady_clock::now() < next_start) {
      co_await race->changed.wait(next_start);
    }
    if (race->won) {
      break;
    }
  }
  while (!race->won && race->running > 0) {
    co_await race->changed.wait();
  }
  if (!race->won) {
    co_return tl::unexpected(lost(*race));
  }
  co_return std::move(race->won);
}

}  // namespace pd::connect
