#include "http/worker.h"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "http/connection.h"
#include "http/refusal.h"

namespace pd::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t spare_blocks = 64;

// How often deadlines are looked at. One timer for all connections of a thread: a phase that begins or ends only writes
// a number down, and nothing is late by more than a quarter of the shortest limit.
milliseconds tick_for(const Limits& limits) {
  const milliseconds shortest = std::min({limits.handshake, limits.header, limits.body, limits.handler, limits.write,
                                          limits.idle, limits.linger, limits.heartbeat, limits.stream});
  return std::clamp(shortest / 4, milliseconds(1), milliseconds(250));
}

}  // namespace

Worker::Worker(const Limits& limits, const Observer& observer)
    : limits_(limits),
      observer_(observer),
      tick_(tick_for(limits)),
      context_(1),
      work_(context_.get_executor()),
      timer_(context_) {}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (...) {
      // Something that others put on the context threw. The server goes on; what threw has been unwound.
      if (observer_.refused) observer_.refused(refusal::context);
    }
  }
}

void Worker::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
  for (Connection* connection : connections_)
    connection->abort();
}

void Worker::drain() {
  boost::asio::post(context_, [this] {
    draining_ = true;
    for (Connection* connection : connections_)
      connection->drain();
  });
}

void Worker::enter(Connection& connection) {
  connection.set_index(connections_.size());
  connections_.push_back(&connection);
  if (!watching_) watch();
}

void Worker::leave(Connection& connection) {
  Connection* last = connections_.back();
  last->set_index(connection.index());
  connections_[connection.index()] = last;
  connections_.pop_back();
}

bool Worker::make_room() {
  // Those that were told to end already are there until they have.
  return std::ranges::any_of(handshakes_, [](Connection* connection) { return connection->give_way(); });
}

void Worker::watch() {
  watching_ = !connections_.empty();
  if (!watching_) return;
  timer_.expires_after(tick_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const auto now = std::chrono::steady_clock::now();
    for (Connection* connection : connections_)
      connection->look_at(now);
    watch();
  });
}

Worker::Block Worker::take_block() {
  if (blocks_.empty()) return std::make_unique_for_overwrite<char[]>(limits_.header_bytes);
  Block block = std::move(blocks_.back());
  blocks_.pop_back();
  return block;
}

void Worker::give_block(Block block) {
  if (blocks_.size() < spare_blocks) blocks_.push_back(std::move(block));
}

}  // namespace pd::http
