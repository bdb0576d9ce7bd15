#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "stun/message.h"

namespace pd::gather {

// Connects `socket`, which is bound, to a STUN server, and asks it from where it sees us. The connection stays open.
// Throws boost::system::system_error when there is no answer that can be read, and when it is cancelled (terminal).
boost::asio::awaitable<stun::Mapped> ask_over_tcp(boost::asio::ip::tcp::socket& socket,
                                                  boost::asio::ip::tcp::endpoint server);

}  // namespace pd::gather
