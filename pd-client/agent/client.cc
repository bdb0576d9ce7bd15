#include "agent/client.h"

#include <array>
#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "directory/failure.h"

namespace pd::agent {

namespace asio = boost::asio;
using directory::Failure;
using directory::Kind;

namespace {

constexpr std::size_t chunk_bytes = 16 * 1024;
constexpr std::chrono::seconds answer_time{10};

asio::awaitable<void> ask_once(std::shared_ptr<Client> client, std::string method, Json params,
                               std::optional<Json>& result) {
  auto answer = co_await client->call(method, params);
  result = std::move(answer);
}

}  // namespace

Client::Client(Stream stream, OnNotification on_notification)
    : stream_(std::move(stream)), on_notification_(std::move(on_notification)) {}

asio::awaitable<void> Client::run() {
  const auto self = shared_from_this();
  bool more = true;
  while (more && !over_) {
    while (const auto line = reader_.next()) {
      handle(*line);
    }
    more = false;
    if (!reader_.overflown()) {
      more = co_await read_some();
    }
  }
  close();
  for (const auto& [id, pending] : std::exchange(pending_, {})) {
    pending->answered.notify();
  }
}

asio::awaitable<bool> Client::read_some() {
  std::array<char, chunk_bytes> buffer;
  boost::system::error_code error;
  const std::size_t size =
      co_await stream_.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
  reader_.feed({buffer.data(), error ? 0 : size});
  co_return !error;
}

// What is not understood is passed over (AGT-8).
void Client::handle(const std::string& line) {
  auto incoming = parse_incoming(line);
  if (!incoming) {
    return;
  }
  if (incoming->notification) {
    on_notification_(*incoming->notification);
    return;
  }
  const auto& id = incoming->answer->id;
  const auto found = id.is_number_unsigned() ? pending_.find(id.get<std::uint64_t>()) : pending_.end();
  if (found != pending_.end()) {
    found->second->answer = std::move(incoming->answer);
    found->second->answered.notify();
    pending_.erase(found);
  }
}

const Json& Client::empty() {
  static const Json object = Json::object();
  return object;
}

asio::awaitable<Json> Client::call(std::string_view method, const Json& params) {
  auto pending = std::make_shared<Pending>(stream_.get_executor());
  if (!over_) {
    const auto id = ++calls_;
    pending_.emplace(id, pending);
    write(encode(Request{id, std::string(method), params}));
  }
  return answer_of(std::move(pending));
}

asio::awaitable<Json> Client::answer_of(std::shared_ptr<Pending> pending) {
  const auto self = shared_from_this();
  if (!over_) {
    co_await pending->answered.wait();
  }
  if (!pending->answer) {
    throw Failure(Kind::failed, "the agent has ended");
  }
  auto& result = pending->answer->result;
  if (!result) {
    throw Failure(result.error().code == Code::params ? Kind::usage : Kind::failed, result.error().message);
  }
  co_return std::move(*result);
}

void Client::tell(std::string_view method, const Json& params) {
  write(encode(Request{{}, std::string(method), params}));
}

void Client::write(const std::string& line) {
  output_ += line;
  if (!std::exchange(writing_, true)) {
    const auto self = shared_from_this();
    asio::co_spawn(
        stream_.get_executor(), [self] { return self->write_all(); }, asio::detached);
  }
}

asio::awaitable<void> Client::write_all() {
  boost::system::error_code error;
  while (!output_.empty() && !error && !over_) {
    const auto bytes = std::exchange(output_, {});
    co_await asio::async_write(stream_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
  }
  writing_ = false;
}

void Client::close() {
  if (!std::exchange(over_, true)) {
    boost::system::error_code ignored;
    stream_.close(ignored);
  }
}

std::optional<Json> ask(const std::filesystem::path& home, const std::string& method, const Json& params) {
  asio::io_context io{1};
  auto stream = connect(io.get_executor(), socket_path(home));
  if (!stream) {
    return std::nullopt;
  }
  const auto client = std::make_shared<Client>(std::move(*stream), [](const Notification&) {});
  std::optional<Json> result;
  std::exception_ptr failure;
  asio::co_spawn(io, client->run(), asio::detached);
  asio::co_spawn(io, ask_once(client, method, params, result), [&](const std::exception_ptr& error) {
    failure = error;
    client->close();
  });
  io.run_for(answer_time);
  if (failure) {
    std::rethrow_exception(failure);
  }
  if (!result) {
    throw Failure(Kind::failed, "the agent does not answer");
  }
  return result;
}

}  // namespace pd::agent
