#include "connect/tls_link.h"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace pd::connect {

namespace asio = boost::asio;

namespace {

std::string where_of(const TlsStream& stream) {
  boost::system::error_code ignored;
  return text_of(stream.lowest_layer().remote_endpoint(ignored));
}

}  // namespace

TlsLink::TlsLink(std::shared_ptr<TlsStream> stream, directory::VerifiedPeer peer, const identity::PublicKey& device,
                 std::shared_ptr<void> keep)
    : keep_(std::move(keep)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      device_(device),
      where_(where_of(*stream_)) {}

asio::awaitable<std::size_t> TlsLink::read(std::span<char> buffer) {
  boost::system::error_code error;
  const std::size_t size = co_await stream_->async_read_some(asio::buffer(buffer.data(), buffer.size()),
                                                             asio::redirect_error(asio::use_awaitable, error));
  // Without a close_notify the end may have been cut off by anybody. It is an end all the same: what tells an orderly
  // one from a lost link is the bye frame (SESS-21).
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    co_return 0;
  }
  if (error) {
    throw boost::system::system_error(error);
  }
  co_return size;
}

asio::awaitable<void> TlsLink::write(std::string_view bytes) {
  co_await asio::async_write(*stream_, asio::buffer(bytes.data(), bytes.size()), asio::use_awaitable);
}

void TlsLink::close() noexcept {
  boost::system::error_code ignored;
  stream_->lowest_layer().close(ignored);
}

asio::ip::address plain(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

std::string text_of(const asio::ip::tcp::endpoint& endpoint) {
  const auto address = plain(endpoint.address());
  const std::string ip = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return ip + ":" + std::to_string(endpoint.port());
}

}  // namespace pd::connect
