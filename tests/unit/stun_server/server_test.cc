#include "stun/server.h"

#include <optional>

#include <gtest/gtest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "message.h"

namespace pd::stun_server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using namespace std::chrono_literals;

const auto loopback = asio::ip::make_address("127.0.0.1");

// A server on two free ports of loopback, running.
struct Running {
  explicit Running(StreamLimits limits = {})
      : server({.listen = {{loopback, 0}, {loopback, 0}}, .rate = {1e6, 1e6}, .networks = 100, .streams = limits},
               metrics) {
    server.start();
  }
  tcp::socket connect() {
    tcp::socket socket(context);
    socket.connect({loopback, server.bound().front().port()});
    return socket;
  }
  // What comes back for a request, or nothing when the connection is closed instead.
  static std::optional<Buffer> ask(tcp::socket& socket, const Buffer& request = usual_request()) {
    Buffer answer(40);
    boost::system::error_code error;
    asio::write(socket, asio::buffer(request), error);
    asio::read(socket, asio::buffer(answer), error);
    if (error) return std::nullopt;
    return answer;
  }
  static bool closed(tcp::socket& socket) {
    boost::system::error_code error;
    char byte;
    socket.read_some(asio::buffer(&byte, 1), error);
    return bool(error);
  }

  ops::Metrics metrics;
  asio::io_context context;
  Server server;
};

TEST(StunServer, TakesPortsThatAreFreeForBoth) {
  Running running;
  ASSERT_EQ(running.server.bound().size(), 2u);
  EXPECT_NE(running.server.bound()[0].port(), running.server.bound()[1].port());
  for (const auto& endpoint : running.server.bound()) {
    udp::socket socket(running.context, {loopback, 0});
    socket.send_to(asio::buffer(usual_request()), endpoint);
    Buffer answer(100);
    EXPECT_EQ(socket.receive(asio::buffer(answer)), 40u);
    tcp::socket stream(running.context);
    stream.connect({loopback, endpoint.port()});
    EXPECT_TRUE(Running::ask(stream));
  }
}

TEST(StunServer, SaysWhenAPortIsTaken) {
  Running running;
  ops::Metrics metrics;
  EXPECT_THROW(Server({.listen = {running.server.bound()[0]}, .rate = {1, 1}, .networks = 1}, metrics),
               boost::system::system_error);
}

TEST(StunServer, IsNothingWithoutPorts) {
  ops::Metrics metrics;
  Server server({.listen = {}, .rate = {1, 1}, .networks = 1}, metrics);
  server.start();
  server.stop();
  EXPECT_TRUE(server.bound().empty());
}

TEST(StunServer, StopsWithClientsConnected) {
  Running running;
  auto socket = running.connect();
  EXPECT_TRUE(Running::ask(socket));
  running.server.stop();
  EXPECT_TRUE(Running::closed(socket));
  running.server.stop();
}

TEST(StunServer, ClosesWhatIsIdleOrHalf) {
  Running running({.whole = 50ms, .idle = 100ms});
  auto idle = running.connect();
  EXPECT_TRUE(Running::closed(idle));
  auto half = running.connect();
  asio::write(half, asio::buffer(usual_request(), 30));
  EXPECT_TRUE(Running::closed(half));
}

TEST(StunServer, ClosesTheOldestWhenThereAreTooMany) {
  Running running({.connections = 4, .connections_of_one = 100});
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < 5; ++i) {
    sockets.push_back(running.connect());
    EXPECT_TRUE(Running::ask(sockets.back())) << i;
  }
  EXPECT_TRUE(Running::closed(sockets.front()));
  EXPECT_TRUE(Running::ask(sockets[1]));
}

TEST(StunServer, LetsNobodyTakeAllConnections) {
  Running running({.connections = 4, .connections_of_one = 2});
  auto one = running.connect(), two = running.connect();
  EXPECT_TRUE(Running::ask(one));
  EXPECT_TRUE(Running::ask(two));
  auto three = running.connect();
  EXPECT_FALSE(Running::ask(three));
  EXPECT_TRUE(Running::ask(one));
}

}  // namespace
}  // namespace pd::stun_server
