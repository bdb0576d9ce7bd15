// Paths that lose, reorder, change and die.
#include <string>
#include <vector>

#include "forwarder.h"
#include "rig.h"

namespace pd::quic::test {
namespace {

using namespace std::chrono_literals;
using connect::Link;

// Sends `size` numbered bytes through `from` to `to`.
class Transfer {
 public:
  Transfer(asio::io_context& io, Link& from, Link& to, std::size_t size) : size_(size) {
    asio::co_spawn(io, send(from), asio::detached);
    asio::co_spawn(io, receive(to), asio::detached);
  }
  bool over() const { return over_; }
  std::size_t received() const { return received_; }
  bool intact() const { return over_ && !wrong_ && received_ == size_; }

 private:
  static char at(std::size_t offset) { return static_cast<char>(offset * 31 + offset / 253); }

  asio::awaitable<void> send(Link& link) {
    std::string part;
    for (std::size_t done = 0; done < size_; done += part.size()) {
      part.resize(std::min<std::size_t>(20'000, size_ - done));
      for (std::size_t i = 0; i < part.size(); ++i)
        part[i] = at(done + i);
      co_await link.write(part);
    }
  }
  asio::awaitable<void> receive(Link& link) {
    std::vector<char> buffer(30'000);
    while (received_ < size_) {
      const auto size = co_await link.read(buffer);
      for (std::size_t i = 0; i < size; ++i)
        wrong_ = wrong_ || buffer[i] != at(received_ + i);
      received_ += size;
      if (size == 0) break;
    }
    over_ = true;
  }

  std::size_t size_;
  std::size_t received_ = 0;
  bool wrong_ = false;
  bool over_ = false;
};

class QuicPath : public testing::Test, protected Rig {
 protected:
  // A link whose datagrams all pass a forwarder.
  void link_through(const Limits& limits = {}, const std::function<void(Forwarder&)>& before = {}) {
    auto a = socket(), b = socket();
    nat.emplace(io, a->local(), b->local());
    if (before) before(*nat);
    const auto inside = nat->inside(), outside = nat->outside();
    link({std::move(a), inside, 10ms}, {std::move(b), outside, 10ms}, limits);
  }

  std::optional<Forwarder> nat;
};

TEST_F(QuicPath, SurvivesLossAndReordering) {
  link_through({}, [](Forwarder& it) {
    it.lose(0.2);
    it.reorder(0.1);
  });
  Transfer there(io, *dialled, *answered, 1'000'000), back(io, *answered, *dialled, 1'000'000);
  until([&] { return there.over() && back.over(); });
  EXPECT_TRUE(there.intact());
  EXPECT_TRUE(back.intact());
}

// One that is shorter than those before it ends what goes in one call to the kernel.
TEST_F(QuicPath, FillsItsDatagrams) {
  link_through();
  constexpr std::size_t size = 4'000'000, block = 16'384, no_data = 100;
  Transfer there(io, *dialled, *answered, size);
  until([&] { return there.over(); });
  std::size_t before = 0, shorter = 0;
  for (const auto datagram : nat->sizes()) {
    if (datagram > no_data) {
      shorter += datagram < before ? 1 : 0;
      before = datagram;
    }
  }
  EXPECT_LT(shorter, size / block / 4) << "of " << nat->sizes().size();
}

TEST_F(QuicPath, SurvivesCopiesAndForgeries) {
  link_through();
  nat->meddle();
  Transfer there(io, *dialled, *answered, 3'000'000), back(io, *answered, *dialled, 3'000'000);
  until([&] { return there.over() && back.over(); });
  EXPECT_TRUE(there.intact());
  EXPECT_TRUE(back.intact());
}

TEST_F(QuicPath, FollowsADiallerWhoseNatForgets) {
  link_through();
  const auto before = answered->where();
  Transfer there(io, *dialled, *answered, 8'000'000), back(io, *answered, *dialled, 8'000'000);
  for (const std::size_t at : {1'000'000U, 4'000'000U}) {
    until([&] { return there.received() > at; });
    nat->forget();
  }
  until([&] { return there.over() && back.over(); });
  EXPECT_TRUE(there.intact());
  EXPECT_TRUE(back.intact());
  EXPECT_NE(answered->where(), before);
  EXPECT_NE(answered->where().find(std::to_string(nat->outside().port())), std::string::npos) << answered->where();
}

TEST_F(QuicPath, ASilentPeerIsNoticedInTime) {
  Limits limits;
  limits.idle = 300ms;
  limits.keep_alive = 100ms;
  link_through(limits);
  nat->block(true);
  boost::system::error_code error;
  const auto read = [&]() -> asio::awaitable<void> {
    std::vector<char> buffer(10);
    try {
      co_await dialled->read(buffer);
    } catch (const boost::system::system_error& thrown) {
      error = thrown.code();
    }
  };
  const auto begin = std::chrono::steady_clock::now();
  asio::co_spawn(io, read(), asio::detached);
  until([&] { return static_cast<bool>(error); });
  EXPECT_EQ(error, asio::error::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(QuicPath, ComesBackWhenThePathDoes) {
  link_through();
  Transfer there(io, *dialled, *answered, 4'000'000);
  until([&] { return there.received() > 1'000'000; });
  nat->block(true);
  io.restart();
  io.run_for(300ms);
  nat->block(false);
  until([&] { return there.over(); });
  EXPECT_TRUE(there.intact());
}

TEST_F(QuicPath, ClosingWithNobodyThereEndsInItsTime) {
  Limits limits;
  limits.linger = 200ms;
  link_through(limits);
  nat->block(true);
  const auto write = [&]() -> asio::awaitable<void> {
    co_await dialled->write("nobody hears it");
    dialled->close();
  };
  asio::co_spawn(io, write(), asio::detached);
  answered->close();
  nat.reset();
  io.restart();
  const auto begin = std::chrono::steady_clock::now();
  io.run();  // until nothing is left of either
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

}  // namespace
}  // namespace pd::quic::test
