#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "limit/gcra.h"
#include "ops/metrics.h"
#include "stun/streams.h"

namespace pd::stun_server {

struct Settings {
  std::vector<boost::asio::ip::udp::endpoint> listen;  // port 0 takes one that is free for UDP and TCP
  limit::Rate rate;                                    // of answers to one network (STUN-12)
  std::size_t networks;                                // remembered at a time
  StreamLimits streams = {};
};

// Answers Binding requests (schema/spec/stun.md), over UDP and TCP, on a thread of its own: a flood of them takes time
// from nobody who speaks HTTP. Makes nothing when there is nothing to listen on.
class Server {
 public:
  // Binds everything; nothing is answered yet. Throws boost::system::system_error, led by the address. `metrics` must
  // outlive it.
  Server(const Settings& settings, ops::Metrics& metrics);
  Server(Server&&) noexcept;
  ~Server();  // stops

  // What is bound, in the order of Settings::listen: the same port for UDP and TCP.
  const std::vector<boost::asio::ip::udp::endpoint>& bound() const;

  void start();
  // Returns when all is closed and the thread has ended. The second call does nothing. Not from that thread.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pd::stun_server
