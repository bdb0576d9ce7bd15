// What a link carries, and how it ends.
#include <openssl/sha.h>

#include <array>
#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "rig.h"

namespace pd::quic::test {
namespace {

using namespace std::chrono_literals;
using connect::Link;
using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string noise(std::size_t size, unsigned seed) {
  std::string bytes(size, 0);
  for (auto& each : bytes) {
    seed = seed * 1'664'525U + 1'013'904'223U;
    each = static_cast<char>(seed >> 24U);
  }
  return bytes;
}

Digest digest(const std::string& bytes) {
  Digest it;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), it.data());
  return it;
}

// What became of a coroutine.
struct Work {
  bool over = false;
  std::string got;
  boost::system::error_code error;
};

asio::awaitable<void> send(Link& link, std::string bytes, Work& work, bool then_close = false) {
  try {
    co_await link.write(bytes);
    if (then_close) link.close();
  } catch (const boost::system::system_error& error) {
    work.error = error.code();
  }
  work.over = true;
}

asio::awaitable<void> receive(Link& link, std::size_t count, Work& work) {
  std::vector<char> buffer(10'000);
  try {
    while (work.got.size() < count) {
      const auto size = co_await link.read(buffer);
      if (size == 0) break;
      work.got.append(buffer.data(), size);
    }
  } catch (const boost::system::system_error& error) {
    work.error = error.code();
  }
  work.over = true;
}

constexpr std::size_t everything = SIZE_MAX;

class QuicLinkTest : public testing::Test, protected Rig {
 protected:
  void sending(Link& link, const std::string& bytes, Work& work, bool then_close = false) {
    asio::co_spawn(io, send(link, bytes, work, then_close), asio::detached);
  }
  void receiving(Link& link, std::size_t count, Work& work) {
    asio::co_spawn(io, receive(link, count, work), asio::detached);
  }
};

TEST_F(QuicLinkTest, CarriesALotBothWaysAtOnce) {
  link();
  const auto there = noise(24'000'000, 1), back = noise(17'000'001, 2);
  Work a, b, c, d;
  sending(*dialled, there, a);
  sending(*answered, back, b);
  receiving(*answered, there.size(), c);
  receiving(*dialled, back.size(), d);
  until([&] { return a.over && b.over && c.over && d.over; });
  EXPECT_EQ(digest(c.got), digest(there));
  EXPECT_EQ(digest(d.got), digest(back));
}

TEST_F(QuicLinkTest, EitherSideMaySpeakFirst) {
  link();
  Work a, b;
  sending(*answered, "you called?", a);
  receiving(*dialled, 11, b);
  until([&] { return b.over; });
  EXPECT_EQ(b.got, "you called?");
}

TEST_F(QuicLinkTest, WhatWasWrittenBeforeClosingArrivesAndThenTheEnd) {
  link();
  const auto bytes = noise(3'000'000, 3);
  Work a, b;
  sending(*answered, bytes, a, true);
  receiving(*dialled, everything, b);
  until([&] { return b.over; });
  EXPECT_FALSE(b.error) << b.error.message();
  EXPECT_EQ(digest(b.got), digest(bytes));
}

TEST_F(QuicLinkTest, DroppingALinkEndsItForTheOther) {
  link();
  Work a;
  receiving(*answered, everything, a);
  dialled.reset();
  until([&] { return a.over; });
  EXPECT_FALSE(a.error) << a.error.message();
  EXPECT_EQ(a.got, "");
}

TEST_F(QuicLinkTest, ClosingEndsWhatIsUnderWay) {
  link();
  Work reading, writing;
  receiving(*dialled, everything, reading);
  const auto bytes = noise(30'000'000, 4);  // nobody reads it
  sending(*dialled, bytes, writing);
  io.run_for(50ms);
  EXPECT_FALSE(reading.over || writing.over);
  dialled->close();
  until([&] { return reading.over && writing.over; });
  EXPECT_EQ(reading.error, asio::error::operation_aborted);
  EXPECT_EQ(writing.error, asio::error::operation_aborted);
}

TEST_F(QuicLinkTest, DroppingTheLinkEndsWhatIsUnderWay) {
  link();
  Work reading;
  receiving(*dialled, everything, reading);
  io.poll();
  dialled.reset();
  until([&] { return reading.over; });
  EXPECT_EQ(reading.error, asio::error::operation_aborted);
}

TEST_F(QuicLinkTest, WritingToWhoHasLeftFails) {
  link();
  answered.reset();
  const auto bytes = noise(30'000'000, 5);
  Work a;
  sending(*dialled, bytes, a);
  until([&] { return a.over; });
  EXPECT_EQ(a.error, asio::error::broken_pipe);
}

TEST_F(QuicLinkTest, ReadingAndWritingCanBeCancelled) {
  link();
  for (const bool reads : {true, false}) {
    asio::cancellation_signal cancel;
    Work work;
    const auto bytes = noise(30'000'000, 6);
    asio::co_spawn(io, reads ? receive(*dialled, everything, work) : send(*dialled, bytes, work),
                   asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    io.restart();
    io.run_for(30ms);
    EXPECT_FALSE(work.over);
    cancel.emit(asio::cancellation_type::terminal);
    until([&] { return work.over; });
    EXPECT_EQ(work.error, asio::error::operation_aborted);
  }
}

TEST_F(QuicLinkTest, ASlowReaderHoldsTheWriterBack) {
  Limits limits;
  limits.window = 100'000;
  limits.unsent = 50'000;
  link(limits);
  const auto bytes = noise(2'000'000, 7);
  Work a, b;
  std::size_t written = 0;
  const auto write = [&]() -> asio::awaitable<void> {
    for (std::size_t at = 0; at < bytes.size(); at += 10'000) {
      co_await dialled->write(std::string_view(bytes).substr(at, 10'000));
      written += 10'000;
    }
    a.over = true;
  };
  asio::co_spawn(io, write(), asio::detached);
  io.run_for(200ms);
  EXPECT_FALSE(a.over);
  EXPECT_LE(written, limits.window + limits.unsent) << "what the other side holds, and what waits here";
  receiving(*answered, bytes.size(), b);
  until([&] { return b.over; });
  EXPECT_EQ(digest(b.got), digest(bytes));
}

TEST_F(QuicLinkTest, KeepsAliveInSilence) {
  Limits limits;
  limits.idle = 300ms;
  limits.keep_alive = 50ms;
  link(limits);
  Work a, b;
  receiving(*answered, 5, a);
  io.restart();
  io.run_for(1s);  // longer than the idle time
  EXPECT_FALSE(a.over) << a.error.message();
  sending(*dialled, "still", b);
  until([&] { return a.over; });
  EXPECT_EQ(a.got, "still");
}

TEST_F(QuicLinkTest, ManyComeAndGo) {
  for (int i = 0; i < 100; ++i) {
    link();
    Work a, b;
    sending(*dialled, "hello", a);
    receiving(*answered, 5, b);
    until([&] { return b.over; });
    ASSERT_EQ(b.got, "hello");
    (i % 2 == 0 ? dialled : answered).reset();
    (i % 2 == 0 ? answered : dialled).reset();
  }
  io.restart();
  const auto begin = std::chrono::steady_clock::now();
  io.run();  // until nothing is left of them
  EXPECT_LT(std::chrono::steady_clock::now() - begin, Limits().linger / 2);
}

}  // namespace
}  // namespace pd::quic::test
