#include "identity/sealed_box.h"

#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using sample::key;

TEST(SealedBox, OpensForTheKeyThatItWasSealedTo) {
  const Bytes box = seal(key("phone").public_key(), bytes_of("a message"));
  EXPECT_EQ(box.size(), 9 + sealed_box_overhead);
  EXPECT_EQ(open(key("phone"), box).value().view(), "a message");
  EXPECT_THAT(open(key("laptop"), box), Rejects(Reason::malformed, "SGN-14"));
}

TEST(SealedBox, OpensWhatAnotherProgramSealed) {
  const auto box =
      from_base64url("ZLtkYbaXSocNEFxjulXIFiuzSImMKHNGL5dh2LI_tWGdji0T_jECjjGnHIRBB7Aap2u0sfgiQB_v54ZAZMcnvg");
  EXPECT_EQ(open(key("phone"), box.value()).value().view(), "sealed by PyNaCl");
}

TEST(SealedBox, HoldsNothing) {
  EXPECT_EQ(open(key("phone"), seal(key("phone").public_key(), {})).value().view(), "");
}

TEST(SealedBox, IsAnotherEachTime) {
  EXPECT_NE(seal(key("phone").public_key(), bytes_of("a message")),
            seal(key("phone").public_key(), bytes_of("a message")));
}

TEST(SealedBox, IsRefusedWhenAnyByteIsAnother) {
  const Bytes box = seal(key("phone").public_key(), bytes_of("a message"));
  for (std::size_t i = 0; i < box.size(); ++i) {
    Bytes other = box;
    other[i] ^= 1;
    EXPECT_THAT(open(key("phone"), other), Rejects(Reason::malformed, "SGN-14")) << i;
  }
}

TEST(SealedBox, IsRefusedWhenCutShort) {
  const Bytes box = seal(key("phone").public_key(), bytes_of("a message"));
  for (std::size_t size = 0; size < box.size(); ++size)
    EXPECT_THAT(open(key("phone"), ByteView(box).first(size)), Rejects(Reason::malformed, "SGN-14")) << size;
}

TEST(SealedBox, TakesAnyNewKey) {
  for (int i = 0; i < 50; ++i) {
    const PrivateKey fresh = PrivateKey::generate();
    EXPECT_EQ(open(fresh, seal(fresh.public_key(), bytes_of("x"))).value().view(), "x");
  }
}

}  // namespace
}  // namespace pd::identity
