#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "federation/connection.h"
#include "federation/dns.h"
#include "federation/federation.h"

namespace pd::federation {

// A place to connect to.
struct Where {
  std::string host;  // looked up, or found among the overrides
  std::uint16_t port;
  std::string certificate;  // the name that its certificate must carry
  bool any_address;         // private addresses too: the policy says so for the domain on whose behalf we ask
};

struct ClientSettings {
  std::vector<Override> resolve;
  std::optional<std::filesystem::path> ca_file;
  std::chrono::milliseconds connect_timeout;  // for one address
  std::size_t idle_connections = 128;
  std::size_t idle_at_one_place = 4;
  std::chrono::seconds idle_time{30};
  std::size_t read_bytes = 64u << 20;  // of all large answers being read and judged at once
};

// Asks other servers over HTTPS. Follows no redirect. Keeps connections for the next request to the same place. One
// thread, that of `context`.
class Client {
 public:
  // Throws std::runtime_error when the CA file cannot be read or an override names no address.
  Client(boost::asio::io_context& context, Resolver& resolver, ClientSettings settings);

  // Names, TCP, TLS, request and answer, all by ask.deadline; TCP by `connect_by`. Throws RemoteError: unreachable,
  // busy or forbidden_address.
  awaitable<Answer> get(Where where, Ask ask, Steady::time_point connect_by);

  // True when an administrator says where `host`:`port` is.
  bool overridden(const std::string& host, std::uint16_t port) const;

  // Closes what has been idle for too long.
  void sweep(Steady::time_point now);
  void close_idle() { idle_.clear(); }

 private:
  using Endpoint = boost::asio::ip::tcp::endpoint;
  struct Idle {
    std::string place;
    std::unique_ptr<Connection> connection;
    Steady::time_point since;
  };

  awaitable<std::vector<Endpoint>> endpoints_of(const Where& where, Steady::time_point connect_by);
  awaitable<std::unique_ptr<Connection>> open(const Where& where, Steady::time_point deadline,
                                              Steady::time_point connect_by);
  awaitable<std::unique_ptr<Connection>> connect(const std::vector<Endpoint>& endpoints, Steady::time_point connect_by);
  std::unique_ptr<Connection> take_idle(const std::string& place);
  void keep(std::string place, std::unique_ptr<Connection> connection);

  boost::asio::io_context& context_;
  Resolver& resolver_;
  const ClientSettings settings_;
  std::map<std::pair<std::string, std::uint16_t>, Endpoint> overrides_;
  boost::asio::ssl::context tls_;
  ReadBudget budget_;
  std::list<Idle> idle_;  // the latest first
};

}  // namespace pd::federation
