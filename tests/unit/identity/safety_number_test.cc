#include "identity/safety_number.h"

#include <set>

#include <gtest/gtest.h>

namespace pd::identity {
namespace {

Party party(const char* address, std::uint8_t seed) {
  return {*Address::parse(address), PrivateKey::from_seed(Bytes(32, seed))->public_key()};
}

const Party olivier = party("olivier@example.org", 1);
const Party gordon = party("gordon@blackmesa.us", 2);

TEST(SafetyNumber, IsTheSameForBoth) {
  EXPECT_EQ(safety_number(olivier, gordon), safety_number(gordon, olivier));
  EXPECT_EQ(safety_qr_text(olivier, gordon), safety_qr_text(gordon, olivier));
}

TEST(SafetyNumber, IsTwelveGroupsOfFiveDigits) {
  const std::string number = safety_number(olivier, gordon);
  ASSERT_EQ(number.size(), 12u * 6 - 1);
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (i % 6 == 5) {
      EXPECT_EQ(number[i], ' ');
    } else {
      EXPECT_TRUE(number[i] >= '0' && number[i] <= '9') << number;
    }
  }
}

TEST(SafetyNumber, DependsOnEveryPart) {
  const std::set<std::string> numbers = {
      safety_number(olivier, gordon),
      safety_number(party("olivier@example.org", 3), gordon),
      safety_number(olivier, party("gordon@blackmesa.us", 3)),
      safety_number(party("olivie@example.org", 1), gordon),
      safety_number(olivier, party("gordon@example.org", 2)),
      safety_number(party("olivier@example.org", 2), party("gordon@blackmesa.us", 1))};
  EXPECT_EQ(numbers.size(), 6u);
}

TEST(SafetyNumber, QrTextNamesBoth) {
  EXPECT_EQ(safety_qr_text(olivier, gordon), "pd:verify?v=1&a=gordon@blackmesa.us&ak=" + gordon.identity_key.id() +
                                                 "&b=olivier@example.org&bk=" + olivier.identity_key.id());
}

TEST(SafetyNumber, OfOnePersonWithTwoKeysDoesNotDependOnTheOrder) {
  const Party other = party("olivier@example.org", 5);
  EXPECT_EQ(safety_number(olivier, other), safety_number(other, olivier));
}

}  // namespace
}  // namespace pd::identity
