#include <chrono>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include "admin/rotation.h"
#include "identity/descriptor.h"
#include "ops/domain_key.h"
#include "store/sqlite/connection.h"
#include "support.h"

namespace pd::admin {
namespace {

using identity::DomainKeys;
using identity::PrivateKey;
using store::sqlite::Connection;

class DomainKeyTest : public AdminTest {
 protected:
  void SetUp() override { ASSERT_EQ(run({"domain-key", "init", "--domain", "example.org"}).status, 0); }

  DomainKeys keys() { return current_keys(*serve()); }
  // What a server does when it starts.
  PrivateKey load() { return ops::DomainKeyFile(data).load(keys().current()); }
  std::string rotate() { return run({"domain-key", "rotate", "--json"}).json()["key_id"]; }
  std::filesystem::path staged() const { return data / "domain-key.next.pem"; }
  std::filesystem::path current() const { return data / "domain-key.pem"; }
};

TEST_F(DomainKeyTest, InitMakesADirectoryThatAServerTakes) {
  EXPECT_EQ(load().public_key(), keys().current());
  const auto shown = run({"domain-key", "show", "--json"}).json();
  EXPECT_EQ(shown["key_id"], keys().current().id());
  EXPECT_EQ(shown["records"].size(), 1u);
  EXPECT_THAT(run({"domain-key", "show"}).out, HasSubstr(keys().current().id() + "  key 1 of example.org"));
  const auto again = run({"domain-key", "init", "--domain", "example.org"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.err, HasSubstr("has a key already"));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(current()).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(DomainKeyTest, ADomainWithoutAKeyIsSaidSo) {
  std::filesystem::remove_all(data);
  serve();
  const auto outcome = run({"domain-key", "rotate"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("the domain has no key yet\nhint: "));
}

TEST_F(DomainKeyTest, RotationHandsOverToAKeyThatIsThere) {
  const auto before = keys();
  const std::string id = rotate();
  EXPECT_NE(id, before.current().id());
  EXPECT_EQ(keys().current().id(), id);
  EXPECT_TRUE(keys().extends(before));
  EXPECT_EQ(load().public_key().id(), id);
  EXPECT_FALSE(std::filesystem::exists(staged()));
  rotate();
  EXPECT_EQ(keys().records().size(), 3u);
}

// The power fails between the steps of a rotation: whatever is there afterwards, a server starts, and another rotation
// works.
TEST_F(DomainKeyTest, CutOffBeforeTheRecordTheOldKeyStays) {
  const auto before = keys().current();
  ops::DomainKeyFile(data).stage(PrivateKey::generate());
  EXPECT_EQ(load().public_key(), before);
  const std::string id = rotate();
  EXPECT_EQ(load().public_key().id(), id);
}

TEST_F(DomainKeyTest, CutOffAfterTheRecordTheNewKeyIsTaken) {
  const auto next = PrivateKey::generate();
  {
    const auto store = serve();
    auto records = current_keys(*store);
    ASSERT_TRUE(records.rotate(load(), next.public_key(), now));
    ops::DomainKeyFile(data).stage(next);
    wait(store->put_domain_key_records(records.records()));
  }
  EXPECT_EQ(load().public_key(), next.public_key());
  ASSERT_TRUE(std::filesystem::exists(staged()));
  const std::string id = rotate();
  EXPECT_EQ(load().public_key().id(), id);
  EXPECT_EQ(keys().records().size(), 3u);
}

TEST_F(DomainKeyTest, ARecordThatIsNotWrittenChangesNothing) {
  const auto next = PrivateKey::generate();
  {
    // An earlier rotation was cut off, so that the key in force is the staged one.
    const auto store = serve();
    auto records = current_keys(*store);
    ASSERT_TRUE(records.rotate(load(), next.public_key(), now));
    ops::DomainKeyFile(data).stage(next);
    wait(store->put_domain_key_records(records.records()));
  }
  Connection(store::sqlite::database_file(data), Connection::Access::read_write)
      .run("CREATE TRIGGER broken BEFORE INSERT ON domain_key BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END");
  EXPECT_EQ(run({"domain-key", "rotate"}).status, 1);
  EXPECT_EQ(load().public_key(), next.public_key());
}

TEST_F(DomainKeyTest, AKeyThatCannotBeWrittenChangesNothing) {
  const auto before = keys().current();
  std::filesystem::create_directory(data / "domain-key.next.pem.new");
  EXPECT_EQ(run({"domain-key", "rotate"}).status, 1);
  EXPECT_EQ(load().public_key(), before);
}

TEST_F(DomainKeyTest, ARunningServerNotices) {
  const auto store = serve();
  const auto before = store->outside_changes();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  rotate();
  while (store->outside_changes() == before && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_NE(store->outside_changes(), before);
}

TEST_F(DomainKeyTest, AKeyThatOthersCanReadIsRefused) {
  using std::filesystem::perms;
  std::filesystem::permissions(current(), perms::group_read, std::filesystem::perm_options::add);
  EXPECT_THROW(load(), std::runtime_error);
  EXPECT_THAT(run({"domain-key", "rotate"}).err, HasSubstr("chmod 600"));
}

// `sudo pd-server domain-key rotate` must not take the key away from the server.
TEST_F(DomainKeyTest, WhatRootMakesBelongsToTheOwnerOfTheDirectory) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  constexpr uid_t somebody = 12'345;
  ASSERT_EQ(chown(data.c_str(), somebody, somebody), 0);
  rotate();
  for (const char* file : {"domain-key.pem", "domain-key.lock"}) {
    struct stat found {};
    ASSERT_EQ(stat((data / file).c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, somebody) << file;
  }
}

TEST_F(DomainKeyTest, AFullListSaysSo) {
  for (std::size_t n = 1; n < identity::max_domain_keys; ++n)
    rotate();
  const auto last = load().public_key();
  EXPECT_EQ(run({"domain-key", "rotate"}).status, 1);
  EXPECT_EQ(load().public_key(), last);
}

}  // namespace
}  // namespace pd::admin
