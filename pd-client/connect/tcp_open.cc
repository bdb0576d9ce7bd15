#include "connect/tcp_open.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connect/deadline.h"
#include "connect/handshake_failure.h"
#include "connect/tasks.h"
#include "connect/tls_link.h"

namespace pd::connect {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr char ready = 0x01;  // RACE-7
constexpr std::chrono::milliseconds pause_between_accepts{100};

}  // namespace

// One opening, which outlives its coroutine for as long as its tasks take to notice that they were cancelled.
struct Opening {
  enum class End { caller, answerer };

  // One address of the other side, and how it has gone there so far.
  struct Remote {
    tcp::endpoint endpoint;
    std::string failure;  // the last
    bool final = false;   // there is no use in trying again
  };

  Opening(const asio::any_io_executor& io, std::shared_ptr<TcpPort> from, Parties both, End which,
          const OpenBounds& limits)
      : executor(io),
        port(std::move(from)),
        parties(std::move(both)),
        end(which),
        bounds(limits),
        context(which == End::caller ? dialling_context(*parties.self, parties.peer)
                                     : answering_context(*parties.self, parties.peer)),
        tasks(io) {}

  void proven(std::shared_ptr<TlsStream> stream) {
    if (const auto claim = claim_of(stream->native_handle())) {
      on_link(std::unique_ptr<Link>(new TlsLink(std::move(stream), parties.peer, claim->key, parties.keep)));
    }
  }

  Remote* remote_at(const tcp::endpoint& endpoint) {
    const auto found =
        std::find_if(remotes.begin(), remotes.end(), [&](const Remote& remote) { return remote.endpoint == endpoint; });
    return found == remotes.end() ? nullptr : &*found;
  }

  bool settled() const {
    return !remotes.empty() &&
           std::all_of(remotes.begin(), remotes.end(), [](const Remote& remote) { return remote.final; });
  }

  const asio::any_io_executor executor;
  const std::shared_ptr<TcpPort> port;
  const Parties parties;
  const End end;
  const OpenBounds bounds;
  asio::ssl::context context;
  OnLink on_link;
  std::vector<Remote> remotes;
  std::deque<std::shared_ptr<TlsStream>> guests;  // who is proving themselves after connecting to us, oldest first
  Tasks tasks;
};

namespace {

// The byte with which the answerer says that it has verified the caller (RACE-7).
asio::awaitable<error_code> confirm(TlsStream& stream, Opening::End end) {
  std::array<char, 1> byte{ready};
  try {
    if (end == Opening::End::answerer) {
      co_await stream.write({byte.data(), byte.size()});
      co_return error_code();
    }
    const auto size = co_await stream.read(byte);
    if (size == 0) {
      co_return asio::error::eof;
    }
  } catch (const boost::system::system_error& failure) {
    co_return failure.code();
  }
  co_return byte[0] == ready ? error_code() : asio::error::invalid_argument;
}

struct Proof {
  std::string failure;  // empty: proven
  bool wrong_key = false;
};

// Both sides prove themselves to each other on a connection that is there.
asio::awaitable<Proof> prove(Opening& opening, std::shared_ptr<TlsStream> stream) {
  const Deadline deadline(opening.executor, opening.bounds.handshake, [stream] { stream->close(); });
  const auto role = opening.end == Opening::End::caller ? TlsStream::Role::client : TlsStream::Role::server;
  error_code error = co_await stream->handshake(role);
  if (!error) {
    error = co_await confirm(*stream, opening.end);
  }
  Proof proof;
  if (error) {
    const auto how = handshake_failure(stream->native_handle());
    proof.wrong_key = is_wrong_key(how);
    proof.failure = explained(how, opening.parties.peer.address().text());
    if (proof.failure.empty()) {
      proof.failure = deadline.passed() ? "no answer in time" : error.message();
    }
  }
  co_return proof;
}

void note(Opening::Remote& remote, Proof proof) {
  remote.failure = std::move(proof.failure);
  remote.final = remote.final || proof.wrong_key;
}

// Connects to it, once. Null when that failed, which `remote` then tells.
asio::awaitable<std::shared_ptr<TlsStream>> connect_once(Opening& opening, Opening::Remote& remote) {
  std::shared_ptr<TlsStream> stream;
  error_code error;
  try {
    stream = std::make_shared<TlsStream>(opening.port->socket(remote.endpoint.protocol()), opening.context);
    co_await stream->socket().async_connect(remote.endpoint, asio::redirect_error(asio::use_awaitable, error));
  } catch (const boost::system::system_error& failure) {  // no descriptor, no IPv6; or we were cancelled
    error = failure.code();
  }
  if (!error) {
    co_return stream;
  }
  // Between these two ports there is a connection already: they were faster, and it was accepted.
  if (error != asio::error::address_in_use && error != error_code(EADDRNOTAVAIL, boost::system::system_category())) {
    remote.failure = error.message();
  }
  co_return nullptr;
}

// Tries one address of theirs until it leads to them, or to somebody else for certain.
asio::awaitable<void> keep_dialling(std::shared_ptr<Opening> opening, Opening::Remote& remote) {
  asio::steady_timer pause(opening->executor);
  auto wait = opening->bounds.first_retry;
  while (!remote.final) {
    if (auto stream = co_await connect_once(*opening, remote)) {
      Proof proof = co_await prove(*opening, stream);
      const bool proven = proof.failure.empty();
      note(remote, std::move(proof));
      if (proven) {
        opening->proven(std::move(stream));
        co_return;
      }
    }
    pause.expires_after(wait);
    co_await pause.async_wait(asio::use_awaitable);
    wait = std::min(2 * wait, opening->bounds.longest_retry);
  }
}

// Somebody connected to us. Only at an address that the peer gave can they be taken for somebody else in its place.
asio::awaitable<void> receive(std::shared_ptr<Opening> opening, std::shared_ptr<TlsStream> stream) {
  error_code error;
  const auto from = stream->socket().remote_endpoint(error);
  Proof proof = co_await prove(*opening, stream);
  std::erase(opening->guests, stream);
  if (proof.failure.empty()) {
    opening->proven(std::move(stream));
  } else if (Opening::Remote* remote = opening->remote_at(from)) {
    note(*remote, std::move(proof));
  }
}

asio::awaitable<void> accept_all(std::shared_ptr<Opening> opening, tcp::acceptor& acceptor) {
  asio::steady_timer pause(opening->executor);
  for (;;) {
    error_code error;
    tcp::socket socket(opening->executor);
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (error) {  // out of descriptors, or they were gone already
      pause.expires_after(pause_between_accepts);
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    if (opening->guests.size() >= opening->bounds.guests) {
      opening->guests.front()->close();
      opening->guests.pop_front();
    }
    opening->guests.push_back(std::make_shared<TlsStream>(std::move(socket), opening->context));
    opening->tasks.spawn(receive(opening, opening->guests.back()));
  }
}

NoLink nobody(const Opening& opening) {
  std::string message;
  for (const auto& remote : opening.remotes) {
    message += (message.empty() ? "" : "; ") + text_of(remote.endpoint) + ": " +
               (remote.failure.empty() ? "no answer" : remote.failure);
  }
  const bool somebody_else = std::any_of(opening.remotes.begin(), opening.remotes.end(),
                                         [](const Opening::Remote& remote) { return remote.final; });
  return {somebody_else ? Cause::wrong_key : Cause::unreachable,
          message.empty() ? "nobody connected, and there was nowhere to connect to" : message};
}

// Begins everything. What it returns ends everything.
std::shared_ptr<void> start(const std::shared_ptr<Opening>& opening, const std::vector<tcp::endpoint>& remotes) {
  for (const auto& endpoint : remotes) {
    if (opening->remotes.size() < opening->bounds.remotes && opening->remote_at(endpoint) == nullptr) {
      opening->remotes.push_back({endpoint, {}, false});
    }
  }
  for (auto& acceptor : opening->port->acceptors()) {
    opening->tasks.spawn(accept_all(opening, acceptor));
  }
  for (auto& remote : opening->remotes) {
    opening->tasks.spawn(keep_dialling(opening, remote));
  }
  return {opening.get(), [opening](void*) { opening->tasks.cancel(); }};
}

// Returns when `enough`, when every remote has turned out to be somebody else, or when the time is up.
asio::awaitable<void> wait_for(Opening& opening, std::function<bool()> enough) {
  const auto until = steady_clock::now() + opening.bounds.total;
  while (!enough() && !opening.settled()) {
    const bool in_time = co_await opening.tasks.changed().wait(until);
    if (!in_time) {
      break;
    }
  }
}

}  // namespace

asio::awaitable<Outcome<std::unique_ptr<Link>>> open_calling(std::shared_ptr<TcpPort> port, Parties parties,
                                                             std::vector<tcp::endpoint> remotes, OpenBounds bounds) {
  const auto executor = co_await asio::this_coro::executor;
  const auto opening =
      std::make_shared<Opening>(executor, std::move(port), std::move(parties), Opening::End::caller, bounds);
  // Shared, because a task that was faster than its cancellation may still bring one.
  const auto first = std::make_shared<std::unique_ptr<Link>>();
  opening->on_link = [first](std::unique_ptr<Link> link) {
    if (!*first) {
      *first = std::move(link);
    }
  };
  const auto running = start(opening, remotes);
  std::function<bool()> enough = [first] { return *first != nullptr; };
  co_await wait_for(*opening, std::move(enough));
  if (!*first) {
    co_return tl::unexpected(nobody(*opening));
  }
  co_return std::move(*first);
}

asio::awaitable<NoLink> open_answering(std::shared_ptr<TcpPort> port, Parties parties,
                                       std::vector<tcp::endpoint> remotes, OnLink on_link, OpenBounds bounds) {
  const auto executor = co_await asio::this_coro::executor;
  const auto opening =
      std::make_shared<Opening>(executor, std::move(port), std::move(parties), Opening::End::answerer, bounds);
  opening->on_link = std::move(on_link);
  const auto running = start(opening, remotes);
  std::function<bool()> never = [] { return false; };
  co_await wait_for(*opening, std::move(never));
  co_return nobody(*opening);
}

}  // namespace pd::connect
