#include "connect/tls_stream.h"

#include <optional>
#include <string>
#include <vector>

#include <netinet/tcp.h>

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include "client/town.h"
#include "connect/tls_context.h"
#include "running.h"

// What OpenSSL does by itself on a stream, beside what link_test.cc shows of all links.
namespace pd::connect {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using test::Ending;
using Cork = asio::detail::socket_option::boolean<IPPROTO_TCP, TCP_CORK>;

constexpr int sockets_hold = 1'000'000;

class TlsStreams : public testing::Test {
 protected:
  TlsStreams() {
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    one.socket().open(tcp::v4());
    one.socket().set_option(asio::socket_base::receive_buffer_size(sockets_hold));
    acceptor.set_option(asio::socket_base::send_buffer_size(sockets_hold));
    one.socket().connect(acceptor.local_endpoint());
    acceptor.accept(other.socket());
  }
  void SetUp() override {
    std::optional<error_code> ours, theirs;
    asio::co_spawn(io, one.handshake(TlsStream::Role::client), [&](auto, error_code error) { ours = error; });
    asio::co_spawn(io, other.handshake(TlsStream::Role::server), [&](auto, error_code error) { theirs = error; });
    test::run_until(io, [&] { return ours && theirs; });
    ASSERT_FALSE(*ours || *theirs);
  }

  Ending begin(awaitable<void> what) { return test::begin(io, std::move(what)); }
  error_code end_of(const Ending& ending) { return test::end_of(io, ending); }

  awaitable<void> read(TlsStream& from, std::string& got, std::size_t size) {
    std::vector<char> buffer(10'000);
    while (got.size() < size) {
      const auto more = co_await from.read(buffer);
      got.append(buffer.data(), more);
    }
  }
  static void update_key(TlsStream& of, int kind) {
    SSL_key_update(of.native_handle(), kind);
    SSL_do_handshake(of.native_handle());
  }
  awaitable<void> update_keys(TlsStream& of, int count, std::string then) {
    for (int i = 1; i <= count; ++i) {
      update_key(of, SSL_KEY_UPDATE_NOT_REQUESTED);
      if (i % 1'000 == 0) co_await of.write("");
    }
    co_await of.write(then);
  }

  static directory::VerifiedPeer settled(pd::test::Town& town) {
    town.settle("olivier@example.org");
    return town.find("olivier@example.org");
  }

  asio::io_context io{1};
  pd::test::Town town;
  const directory::VerifiedPeer peer = settled(town);
  const std::shared_ptr<const Credentials> self = pd::test::Town::credentials("olivier@example.org");
  asio::ssl::context answering = answering_context(*self);
  asio::ssl::context dialling = dialling_context(*self, peer);
  TlsStream one{tcp::socket(io), dialling};
  TlsStream other{tcp::socket(io), answering};
};

TEST_F(TlsStreams, AnswerKeyUpdatesWhileAWriteWaits) {
  const std::string large(30'000'000, 'x');
  const auto write = [&]() -> awaitable<void> { co_await one.write(large); };
  const auto writing = begin(write());
  test::settle(io);
  ASSERT_FALSE(*writing);
  update_key(other, SSL_KEY_UPDATE_REQUESTED);
  update_key(other, SSL_KEY_UPDATE_REQUESTED);
  const auto updating = begin(update_keys(other, 1, "still here"));
  std::string at_one;
  EXPECT_EQ(end_of(begin(read(one, at_one, 10))), error_code());
  EXPECT_EQ(end_of(updating), error_code());
  std::string at_other;
  EXPECT_EQ(end_of(begin(read(other, at_other, large.size()))), error_code());
  EXPECT_EQ(end_of(writing), error_code());
  EXPECT_EQ(at_other, large);
}

TEST_F(TlsStreams, KeepNobodyWaitingForAFloodOfKeyUpdates) {
  constexpr int flood = 8'000;
  int updates = 0;
  int most_in_a_turn = 0;
  SSL_set_msg_callback(one.native_handle(), [](int, int, int type, const void*, std::size_t, SSL*, void* count) {
    if (type == SSL3_RT_HANDSHAKE) ++*static_cast<int*>(count);
  });
  SSL_set_msg_callback_arg(one.native_handle(), &updates);
  std::string got;
  other.socket().set_option(Cork(true));  // many of them in a packet, or they would fill the sockets with their heads
  EXPECT_EQ(end_of(begin(update_keys(other, flood, "at last"))), error_code());
  other.socket().set_option(Cork(false));
  const auto reading = begin(read(one, got, 7));
  while (!*reading) {
    const int before = updates;
    io.restart();
    io.run_one();
    most_in_a_turn = std::max(most_in_a_turn, updates - before);
  }
  EXPECT_EQ(*reading, error_code());
  EXPECT_EQ(got, "at last");
  EXPECT_EQ(updates, flood);
  EXPECT_LT(most_in_a_turn, 4'000);  // of 27 bytes each
}

}  // namespace
}  // namespace pd::connect
