#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "identity/encoding.h"
#include "punch/transport_address.h"

namespace pd::gather {

// Asks one server over UDP and waits for its answer, blocking. Only that server is heard: the socket is connected to
// it.
class DatagramExchange {
 public:
  // `server` is an IPv4 address.
  explicit DatagramExchange(const punch::TransportAddress& server);
  ~DatagramExchange();
  DatagramExchange(const DatagramExchange&) = delete;
  DatagramExchange& operator=(const DatagramExchange&) = delete;

  // Sends `request`, again after 100, 200, 400 … ms, until `is_answer` says so of a datagram, of at most 1,100 bytes
  // (RFC 6887, section 7). Returns why there was none, or an empty text.
  std::string run(identity::ByteView request, std::chrono::steady_clock::time_point deadline,
                  const std::function<bool(identity::ByteView)>& is_answer);

 private:
  int socket_;
};

}  // namespace pd::gather
