#include "http/accept.h"

#include <cerrno>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace pd::http {

namespace asio = boost::asio;
using asio::ip::tcp;

tcp::acceptor open_acceptor(asio::io_context& context, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false));
  acceptor.bind(endpoint);
  acceptor.listen();
  return acceptor;
}

bool is_of_one_connection(const boost::system::error_code& error) {
  return error == asio::error::connection_aborted || error == asio::error::connection_reset ||
         error == asio::error::network_down || error == asio::error::host_unreachable ||
         error == asio::error::network_unreachable || error.value() == EPROTO;
}

}  // namespace pd::http
