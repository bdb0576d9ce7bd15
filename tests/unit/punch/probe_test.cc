#include "punch/probe.h"

#include <gtest/gtest.h>

#include "identity/mutator.h"
#include "punch/hmac.h"

namespace pd::punch {
namespace {

ProbeSecret secret(std::uint8_t byte) {
  ProbeSecret secret;
  secret.fill(byte);
  return secret;
}

const ProbeCodec caller(Role::caller, secret(1), secret(2));
const ProbeCodec callee(Role::callee, secret(1), secret(2));

TEST(Probe, TheOtherSideReadsIt) {
  for (const std::uint64_t transaction : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    const Probe nomination{ProbeType::request, true, transaction};
    EXPECT_EQ(callee.read(caller.write(nomination)), nomination);
    const Probe response{ProbeType::response, false, transaction};
    EXPECT_EQ(caller.read(callee.write(response)), response);
  }
}

TEST(Probe, NobodyElseDoes) {
  const ProbePacket packet = caller.write({ProbeType::request, false, 1});
  EXPECT_FALSE(caller.read(packet)) << "not its sender";
  EXPECT_FALSE(ProbeCodec(Role::callee, secret(1), secret(3)).read(packet));
  EXPECT_FALSE(ProbeCodec(Role::callee, secret(3), secret(2)).read(packet));
  EXPECT_FALSE(ProbeCodec(Role::callee, secret(2), secret(1)).read(packet));
}

TEST(Probe, OnlyTheCallerNominatesAndOnlyByRequest) {
  EXPECT_FALSE(caller.read(callee.write({ProbeType::request, true, 1})));
  EXPECT_FALSE(callee.read(caller.write({ProbeType::response, true, 1})));
}

TEST(Probe, EveryByteCounts) {
  const ProbePacket packet = caller.write({ProbeType::request, false, 1});
  for (std::size_t i = 0; i < packet.size() * 8; ++i) {
    ProbePacket spoiled = packet;
    spoiled[i / 8] ^= static_cast<std::uint8_t>(1 << i % 8);
    EXPECT_FALSE(callee.read(spoiled)) << i;
  }
  for (std::size_t size = 0; size < packet.size(); ++size)
    EXPECT_FALSE(callee.read(identity::ByteView(packet).first(size)));
}

// RFC 4231, test case 2.
TEST(Hmac, IsThatOfTheRfc) {
  EXPECT_EQ(identity::hex(hmac_sha256(identity::bytes_of("Jefe"), identity::bytes_of("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// RFC 5869, test case 3, the first 32 bytes of which need one block, as all of ours do.
TEST(Hkdf, IsThatOfTheRfc) {
  EXPECT_EQ(identity::hex(hkdf_sha256(identity::Bytes(22, 0x0b), "")),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(Mutation, OfAProbe) {
  const ProbePacket packet = caller.write({ProbeType::request, true, 0x5f2b1c0e9a7d4386});
  const std::string text(packet.begin(), packet.end());
  identity::sample::Mutator mutate(1);
  for (int i = 0; i < 10'000; ++i) {
    const std::string spoiled = mutate(text);
    ASSERT_EQ(callee.read(identity::bytes_of(spoiled)).has_value(), spoiled == text);
  }
}

}  // namespace
}  // namespace pd::punch
