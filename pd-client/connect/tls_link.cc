#include "connect/tls_link.h"

#include <utility>

namespace pd::connect {

namespace asio = boost::asio;

namespace {

std::string where_of(TlsStream& stream) {
  boost::system::error_code ignored;
  return text_of(stream.socket().remote_endpoint(ignored));
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
  const auto stream = stream_;  // which may outlive this
  co_return co_await stream->read(buffer);
}

asio::awaitable<void> TlsLink::write(std::string_view bytes) {
  const auto stream = stream_;
  co_await stream->write(bytes);
}

void TlsLink::close() noexcept {
  stream_->close();
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
