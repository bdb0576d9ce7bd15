#include "federation/keeper.h"

#include <new>

#include "../service/forwarding_store.h"
#include "identity/sample.h"
#include "support/world.h"

namespace pd::federation {
namespace {

using testing::World;

// Fails in a way that no store promised.
class Exhausted : public service::testing::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  awaitable<std::optional<store::RemoteAnswer>> remote_answer(Address) override {
    throw std::bad_alloc();
    co_return std::nullopt;
  }
  awaitable<std::optional<store::RemoteDomain>> remote_domain(Domain) override {
    throw 1;  // NOLINT: no exception of the standard library
    co_return std::nullopt;
  }
};

using Kept = World;

TEST_F(Kept, AKeeperIsDrainedHoweverItsStoreFails) {
  Exhausted broken(*store);
  Keeper keeper(broken, log);
  EXPECT_THROW(runner.run(keeper.answer(identity::sample::address("gordon@blackmesa.us"))), RemoteError);
  EXPECT_THROW(runner.run(keeper.domain(identity::sample::domain("blackmesa.us"))), RemoteError);
  keeper.drain();  // or this test does not end
}

}  // namespace
}  // namespace pd::federation
