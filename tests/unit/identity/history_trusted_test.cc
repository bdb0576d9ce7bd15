#include <array>

#include "identity/history.h"
#include "identity/sample.h"
#include "rejects.h"

namespace pd::identity {
namespace {

using sample::following;
using sample::forged;
using sample::sign;

class TrustedHistory : public testing::Test {
 protected:
  const Operation created = sample::create(sample::state("olivier@example.org", 3));
  const Operation update = sign(following(created, OperationKind::update));
};

TEST_F(TrustedHistory, IsTheSameAsOneThatWasVerified) {
  const std::array<std::string, 2> texts = {created.text(), update.text()};
  const auto trusted = History::replay_trusted(texts);
  ASSERT_THAT(trusted, Accepts());
  EXPECT_EQ(trusted->head().hash(), History::replay(texts)->head().hash());
  EXPECT_EQ(trusted->active(), History::replay(texts)->active());
}

TEST_F(TrustedHistory, HasItsSignaturesBelieved) {
  const std::array<std::string, 2> texts = {created.text(), forged(update.text())};
  EXPECT_THAT(History::replay(texts), Rejects(Reason::bad_signature, "JWS-10"));
  EXPECT_THAT(History::replay_trusted(texts), Accepts());
}

TEST_F(TrustedHistory, KeepsEveryOtherRule) {
  const std::array<std::string, 2> reversed = {update.text(), created.text()};
  EXPECT_THAT(History::replay_trusted(reversed), Rejects(Reason::not_allowed, "HIST-1"));
  const std::array<std::string, 2> twice = {created.text(), created.text()};
  EXPECT_THAT(History::replay_trusted(twice), Rejects(Reason::not_allowed, "HIST-1"));
  EXPECT_THAT(History::replay_trusted({}), Rejects(Reason::malformed, "HIST-1"));
}

TEST_F(TrustedHistory, VerifiesWhatIsAppended) {
  const std::array<std::string, 1> texts = {created.text()};
  auto history = History::replay_trusted(texts).value();
  EXPECT_THAT(history.append(Operation::parse(forged(update.text())).value()),
              Rejects(Reason::bad_signature, "JWS-10"));
  EXPECT_THAT(history.append(update), Accepts());
}

}  // namespace
}  // namespace pd::identity
