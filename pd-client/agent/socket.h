#pragma once

#include <filesystem>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace pd::agent {

using Stream = boost::asio::local::stream_protocol::socket;
using Acceptor = boost::asio::local::stream_protocol::acceptor;

// What others of the same home may connect to.
enum class Door {
  agent,  // JSON-RPC
  calls,  // what the stream of events tells (CALL-22)
};

// Where it is (AGT-1). Throws directory::Failure where no such name is short enough.
std::filesystem::path socket_path(const std::filesystem::path& home, Door door = Door::agent);

// Listens there, mode 0600, in place of a socket that was left by a dead agent: whoever calls this holds listen.lock
// (AGT-3). Throws directory::Failure.
Acceptor open_socket(const boost::asio::any_io_executor& executor, const std::filesystem::path& path);

// The agent that listens there; nothing when there is none (AGT-3). Throws directory::Failure when there is a socket
// that may not be used, or that is another user's.
std::optional<Stream> connect(const boost::asio::any_io_executor& executor, const std::filesystem::path& path);

// Whether the other end belongs to the user of this process (AGT-2).
bool is_own(Stream& stream);

}  // namespace pd::agent
