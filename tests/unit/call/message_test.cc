#include "call/message.h"

#include <gtest/gtest.h>

#include "identity/signal.h"
#include "sample_call.h"

namespace pd::call {
namespace {

using test::description;
using test::id;

TEST(CallMessageTest, EveryKindIsReadAsItWasWritten) {
  const Message messages[] = {Offer{id('a'), description(1)},
                              Answer{id('b'), description(2)},
                              Decline{id('c'), Reason::busy},
                              Decline{id('c'), Reason::away},
                              Cancel{id('d')},
                              AreYouHere{id('e')},
                              IAmHere{id('f')}};
  for (const auto& message : messages) {
    const auto text = write_message(message);
    ASSERT_TRUE(text);
    EXPECT_LE(text->size(), identity::max_signal_message);
    EXPECT_EQ(parse_message(*text).value(), message) << *text;
  }
}

TEST(CallMessageTest, TheLargestOfferFits) {
  auto offer = Offer{id('a'), description(1)};
  for (int i = 0; i < 16; ++i) {
    const auto address =
        punch::TransportAddress::parse("[2001:db8:1234:5678:9abc:def0:1234:" + std::to_string(1000 + i) + "]:65535");
    ASSERT_TRUE(address);
    offer.description.candidates.push_back({punch::CandidateType::server_reflexive, punch::Transport::udp, *address});
  }
  EXPECT_TRUE(write_message(offer));
}

TEST(CallMessageTest, IdsAreDrawn) {
  const auto one = new_call_id();
  EXPECT_EQ(one.size(), 32u);
  EXPECT_NE(one, new_call_id());
  EXPECT_TRUE(write_message(Cancel{one}) && parse_message(*write_message(Cancel{one})));
}

}  // namespace
}  // namespace pd::call
