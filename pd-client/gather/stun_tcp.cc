#include "gather/stun_tcp.h"

#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

namespace pd::gather {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t stun_head_bytes = 20;  // RFC 8489, section 5

[[noreturn]] void throw_unreadable() {
  throw boost::system::system_error(asio::error::invalid_argument);
}

}  // namespace

asio::awaitable<stun::Mapped> ask_over_tcp(tcp::socket& socket, tcp::endpoint server) {
  co_await socket.async_connect(server, asio::use_awaitable);
  const auto id = stun::random_transaction();
  const auto request = stun::binding_request(id);
  co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
  std::vector<std::uint8_t> answer(stun_head_bytes);
  co_await asio::async_read(socket, asio::buffer(answer), asio::use_awaitable);
  const auto size = stun::message_bytes(answer);
  if (!size || *size < answer.size()) {
    throw_unreadable();
  }
  answer.resize(*size);
  const auto rest = asio::buffer(answer) + stun_head_bytes;
  co_await asio::async_read(socket, rest, asio::use_awaitable);
  const auto read = stun::read_answer(answer);
  if (!read || read->error != 0 || read->id != id) {
    throw_unreadable();
  }
  co_return read->mapped;
}

}  // namespace pd::gather
