#include "stun/binding.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "message.h"

namespace pd::stun_server {
namespace {

using boost::asio::ip::make_address;

const Source four{make_address("198.51.100.4"), 4433};
const Source six{make_address("2001:db8::1"), 4433};

struct Answered {
  Reply reply;
  Buffer bytes;
};

Answered answered(const Buffer& request, const Source& source = four) {
  std::array<std::uint8_t, most_request_bytes> into;
  const Reply reply = reply_to(request, source, into);
  return {reply, Buffer(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(reply.bytes))};
}

TEST(StunBinding, TellsWhereTheRequestCameFrom) {
  const Buffer mapped = {0, 0x20, 0, 8, 0, 1, 0x30, 0x43, 0xe7, 0x21, 0xc0, 0x46};
  EXPECT_EQ(answered(usual_request()).bytes, with_fingerprint(message(0x0101, mapped)));
  EXPECT_EQ(answered(message(1, attribute(0x8022, "somebody else"))).bytes, message(0x0101, mapped));
  EXPECT_EQ(answered(usual_request(), six).bytes.size(), 52u);
}

TEST(StunBinding, TellsAnIPv4AddressAsOne) {
  const Source written{make_address("::ffff:198.51.100.4"), 4433};
  EXPECT_EQ(answered(usual_request(), written).bytes, answered(usual_request()).bytes);
}

TEST(StunBinding, SaysWhichAttributesItDoesNotKnow) {
  Buffer attributes = attribute(0x0003, std::string(4, '\0'));
  const Buffer name = attribute(0x8022, "pd peer-discovery client");
  attributes.insert(attributes.end(), name.begin(), name.end());
  const Answered refusal = answered(message(1, attributes));
  EXPECT_EQ(refusal.reply.kind, Reply::Kind::error);
  EXPECT_EQ(refusal.bytes, message(0x0111, {0, 9, 0, 4, 0, 0, 4, 20, 0, 10, 0, 2, 0, 3, 0, 0}));
}

TEST(StunBinding, NamesTheRuleOfItsSilence) {
  const auto rule = [](const Buffer& request) { return answered(request).reply.broken; };
  EXPECT_EQ(rule({}), "STUN-1");
  EXPECT_EQ(rule(Buffer(20, 0)), "STUN-1");
  EXPECT_EQ(rule(message(1, {0x80, 0x22, 0, 1})), "STUN-2");
  EXPECT_EQ(rule(message(0x0011, attribute(0x8022, "an indication"))), "STUN-3");
  EXPECT_EQ(rule(message(1)), "STUN-4");
  EXPECT_EQ(rule(message(1, attribute(0x8022, std::string(1260, 'x')))), "STUN-5");
  EXPECT_EQ(rule(message(1, attribute(0x8028, "xxxx"))), "STUN-6");
  EXPECT_EQ(rule(usual_request()), "");
}

// STUN-4, over whatever may come; asan sees that nothing beyond the request is read.
TEST(StunBinding, IsNeverLongerThanItsRequest) {
  std::mt19937 dice(5389);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
  int answers = 0;
  for (int round = 0; round < 20'000; ++round) {
    Buffer attributes;
    for (std::size_t n = below(8); n > 0; --n) {
      const std::size_t types[] = {0x0003, 0x0008, 0x0026, 0x8022, 0x8028, below(0x10000)};
      const Buffer more = attribute(types[below(6)], std::string(below(25), '\0'));
      attributes.insert(attributes.end(), more.begin(), more.end());
    }
    Buffer request = message(below(8) == 0 ? below(0x10000) : 1, attributes);
    if (below(2) == 0) request = with_fingerprint(std::move(request));
    if (below(4) == 0) request[below(request.size())] ^= static_cast<std::uint8_t>(1u << below(8));
    if (below(16) == 0) request.resize(below(request.size() + 20));
    const Answered answer = answered(request, below(2) == 0 ? four : six);
    ASSERT_LE(answer.bytes.size(), request.size());
    answers += !answer.bytes.empty();
  }
  EXPECT_GT(answers, 1'000);
}

TEST(StunBinding, EndsWhereItSaysInAStream) {
  Buffer stream = usual_request();
  EXPECT_EQ(request_bytes(Bytes(stream).first(19)), 0u);
  EXPECT_EQ(request_bytes(Bytes(stream).first(20)), stream.size());
  stream.push_back(7);
  EXPECT_EQ(request_bytes(stream), stream.size() - 1);
  stream[2] = 0xff;
  EXPECT_EQ(request_bytes(stream), std::nullopt);
  EXPECT_EQ(request_bytes(Buffer(20, 'G')), std::nullopt);
}

}  // namespace
}  // namespace pd::stun_server
