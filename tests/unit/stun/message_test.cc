#include "stun/message.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>
#include <boost/crc.hpp>

namespace pd::stun {
namespace {

using boost::asio::ip::make_address;

const TransactionId id = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};

using Buffer = std::vector<std::uint8_t>;

void put(Buffer& bytes, std::initializer_list<int> more) {
  for (const int byte : more)
    bytes.push_back(static_cast<std::uint8_t>(byte));
}

// A message of `type` with the given attributes, which are whole.
Buffer message(int type, const Buffer& attributes, const TransactionId& transaction = id) {
  Buffer bytes;
  const auto length = static_cast<int>(attributes.size());
  put(bytes, {type >> 8, type & 255, length >> 8, length & 255, 0x21, 0x12, 0xa4, 0x42});
  bytes.insert(bytes.end(), transaction.begin(), transaction.end());
  bytes.insert(bytes.end(), attributes.begin(), attributes.end());
  return bytes;
}

Buffer with_fingerprint(Buffer bytes, std::uint32_t wrong = 0) {
  bytes[3] = static_cast<std::uint8_t>(bytes[3] + 8);
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t value = crc.checksum() ^ 0x5354554Eu ^ wrong;
  put(bytes, {0x80, 0x28, 0, 4, int(value >> 24), int(value >> 16 & 255), int(value >> 8 & 255), int(value & 255)});
  return bytes;
}

// 192.0.2.1:32853, as in RFC 5769, section 2.2.
const Buffer mapped_v4 = {0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
// [2001:db8:1234:5678:11:2233:4455:6677]:32853, as in RFC 5769, section 2.3.
const Buffer mapped_v6 = {0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
                          0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};

std::string rule_of(const Buffer& bytes) {
  const auto answer = read_answer(bytes);
  return answer ? "accepted" : answer.error().rule;
}

TEST(StunRequest, IsABindingRequestThatLeavesRoomForItsAnswer) {
  const auto request = binding_request(id);
  EXPECT_EQ(rule_of({request.begin(), request.end()}), "STUN-15") << "a whole message, and no answer";
  EXPECT_EQ(request[0], 0);
  EXPECT_EQ(request[1], 1);
  EXPECT_TRUE(std::equal(id.begin(), id.end(), &request[8]));
  const std::string text(request.begin(), request.end());
  EXPECT_NE(text.find("pd peer-discovery client"), std::string::npos);
  Buffer before(request.begin(), request.end() - 8);
  before[3] = static_cast<std::uint8_t>(before[3] - 8);
  EXPECT_EQ(with_fingerprint(before), Buffer(request.begin(), request.end()));
}

TEST(StunRequest, HasAnIdThatNobodyGuesses) {
  EXPECT_NE(random_transaction(), random_transaction());
}

TEST(StunAnswer, TellsTheMappedAddress) {
  EXPECT_EQ(read_answer(message(0x0101, mapped_v4)).value().mapped, (Mapped{make_address("192.0.2.1"), 32853}));
  const auto six = read_answer(with_fingerprint(message(0x0101, mapped_v6))).value();
  EXPECT_EQ(six.mapped, (Mapped{make_address("2001:db8:1234:5678:11:2233:4455:6677"), 32853}));
  EXPECT_EQ(six.mapped.text(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  EXPECT_EQ(six.error, 0u);
  EXPECT_EQ(six.id, id);
}

TEST(StunAnswer, MayHaveMoreInIt) {
  Buffer more = {0x80, 0x22, 0x00, 0x01, 'x', 0, 0, 0};  // SOFTWARE, padded
  more.insert(more.end(), mapped_v4.begin(), mapped_v4.end());
  more.insert(more.end(), mapped_v6.begin(), mapped_v6.end());
  EXPECT_EQ(read_answer(message(0x0101, more)).value().mapped.address, make_address("192.0.2.1"))
      << "of several the first counts";
}

TEST(StunAnswer, TellsAnError) {
  const auto error = read_answer(message(0x0111, {0, 9, 0, 4, 0, 0, 4, 20, 0, 10, 0, 2, 0, 3, 0, 0})).value();
  EXPECT_EQ(error.error, 420u);
  EXPECT_EQ(rule_of(message(0x0111, mapped_v4)), "STUN-17");
  EXPECT_EQ(rule_of(message(0x0111, {0, 9, 0, 4, 0, 0, 2, 20})), "STUN-17");
  EXPECT_EQ(rule_of(message(0x0111, {0, 9, 0, 4, 0, 0, 4, 100})), "STUN-17");
  EXPECT_EQ(rule_of(message(0x0111, {0, 9, 0, 3, 0, 0, 4, 0})), "STUN-17");
}

TEST(StunAnswer, IsRefusedWhenItIsNone) {
  EXPECT_EQ(rule_of(message(0x0001, mapped_v4)), "STUN-15");
  EXPECT_EQ(rule_of(message(0x0101, {})), "STUN-16");
  EXPECT_EQ(rule_of(message(0x0101, {0, 0x20, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0})), "STUN-16");
  EXPECT_EQ(rule_of(message(0x0101, {0, 0x20, 0, 8, 0, 2, 0, 0, 0, 0, 0, 0})), "STUN-16");
  EXPECT_EQ(rule_of(message(0x0101, {0, 0x20, 0, 0})), "STUN-16");
  EXPECT_EQ(rule_of(message(0x0101, {0, 0x20, 0, 9, 0, 1, 0, 0, 0, 0, 0, 0})), "STUN-2");
  EXPECT_EQ(rule_of(with_fingerprint(message(0x0101, mapped_v4), 1)), "STUN-6");
  Buffer middle = {0x80, 0x28, 0, 4, 0, 0, 0, 0};
  middle.insert(middle.end(), mapped_v4.begin(), mapped_v4.end());
  EXPECT_EQ(rule_of(message(0x0101, middle)), "STUN-6") << "the fingerprint comes last";
  Buffer unknown = mapped_v4;
  put(unknown, {0, 0x26, 0, 0});
  EXPECT_EQ(rule_of(message(0x0101, unknown)), "STUN-21");
  EXPECT_EQ(rule_of({}), "STUN-1");
  Buffer longer = message(0x0101, mapped_v4);
  longer.push_back(0);
  EXPECT_EQ(rule_of(longer), "STUN-1");
  Buffer long_one = mapped_v4;
  long_one.resize(1'300);
  EXPECT_EQ(rule_of(message(0x0101, long_one)), "STUN-18");
}

// QUIC, TLS and probes come over the same socket.
TEST(StunAnswer, IsToldFromOtherThings) {
  Buffer bytes = message(0x0101, mapped_v4);
  EXPECT_EQ(rule_of(bytes), "accepted");
  bytes[0] = 0xc1;
  EXPECT_EQ(rule_of(bytes), "STUN-1");
  bytes[0] = 0x01;
  bytes[4] ^= 1;
  EXPECT_EQ(rule_of(bytes), "STUN-1");
  for (std::size_t n = 0; n < 20; ++n)
    EXPECT_EQ(rule_of(Buffer(n, 0)), "STUN-1");
}

TEST(StunAnswer, EndsWhereItSaysInAStream) {
  Buffer stream = message(0x0101, mapped_v4);
  EXPECT_EQ(message_bytes(Bytes(stream).first(19)).value(), 0u);
  EXPECT_EQ(message_bytes(stream).value(), stream.size());
  stream.push_back(1);
  EXPECT_EQ(message_bytes(stream).value(), stream.size() - 1);
  stream[2] = 0x10;
  EXPECT_EQ(message_bytes(stream).error().rule, "STUN-18");
  stream[4] = 0;
  EXPECT_EQ(message_bytes(stream).error().rule, "STUN-1");
}

// Whatever comes, nothing beyond it is read (asan sees that), and what is accepted is a mapped address or an error.
TEST(StunAnswer, OfAnySortIsSurvived) {
  const Buffer good = with_fingerprint(message(0x0101, mapped_v4));
  for (std::size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_NE(rule_of(Buffer(good.begin(), good.begin() + static_cast<long>(cut))), "accepted") << cut;
  int accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    if (at == good.size() - 8 || at == good.size() - 7) continue;  // then it is no fingerprint any more
    for (int bit = 0; bit < 8; ++bit) {
      Buffer changed = good;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ 1 << bit);
      accepted += rule_of(changed) == "accepted";
    }
  }
  EXPECT_EQ(accepted, 0) << "the fingerprint sees each changed bit";
}

}  // namespace
}  // namespace pd::stun
