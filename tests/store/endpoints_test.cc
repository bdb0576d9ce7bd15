#include "identity/operation.h"
#include "suite.h"

namespace pd::store::test {
namespace {

class EndpointsTest : public StoreSuite {
 protected:
  void SetUp() override {
    StoreSuite::SetUp();
    append(*store, create("olivier"));
  }
  void put(const std::string& device, const std::string& record, std::int64_t expires, std::int64_t now = 0) {
    wait(store->put_endpoint(name("olivier"), {device, record, at(expires)}, at(now)));
  }
  std::vector<std::string> records(std::int64_t now) {
    std::vector<std::string> list;
    for (const auto& endpoint : wait(store->endpoints(name("olivier"), at(now))))
      list.push_back(endpoint.record);
    return list;
  }
};
FOR_EVERY_BACKEND(EndpointsTest);

TEST_P(EndpointsTest, EachDeviceHasItsLatestRecord) {
  put("laptop", "old", 100);
  put("phone", "phone", 200);
  put("laptop", "new", 300);
  EXPECT_THAT(records(50), testing::UnorderedElementsAre("new", "phone"));
  const auto all = wait(store->endpoints(name("olivier"), at(50)));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].device_id, "laptop");
  EXPECT_EQ(all[0].expires, at(300));
}

TEST_P(EndpointsTest, ExpiredRecordsAreNotGivenOut) {
  put("laptop", "soon", 100);
  put("phone", "late", 200);
  EXPECT_THAT(records(99), testing::UnorderedElementsAre("soon", "late"));
  EXPECT_THAT(records(100), testing::ElementsAre("late"));
  put("tablet", "more", 300, 150);
  // Not only hidden: gone, so that it does not come back with another clock.
  EXPECT_THAT(records(0), testing::UnorderedElementsAre("late", "more"));
}

TEST_P(EndpointsTest, AtMostOneForEachPossibleDevice) {
  for (std::size_t i = 0; i <= identity::max_devices; ++i)
    put("device " + std::to_string(i), std::to_string(i), 100 + static_cast<std::int64_t>(i));
  const auto kept = records(0);
  EXPECT_EQ(kept.size(), identity::max_devices);
  // The one that would have ended first made room.
  EXPECT_THAT(kept, testing::Not(testing::Contains("0")));
  EXPECT_THAT(kept, testing::Contains(std::to_string(identity::max_devices)));
}

TEST_P(EndpointsTest, NobodyHasNone) {
  wait(store->put_endpoint(name("nobody"), {"laptop", "record", at(100)}, at(0)));
  EXPECT_TRUE(wait(store->endpoints(name("nobody"), at(0))).empty());
  EXPECT_EQ(find(*store, "nobody").state, NameState::free);
}

TEST_P(EndpointsTest, AreEachNamesOwn) {
  append(*store, create("gordon"));
  put("laptop", "olivier's", 100);
  wait(store->put_endpoint(name("gordon"), {"laptop", "gordon's", at(100)}, at(0)));
  EXPECT_THAT(records(0), testing::ElementsAre("olivier's"));
}

}  // namespace
}  // namespace pd::store::test
