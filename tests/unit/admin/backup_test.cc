#include <atomic>
#include <fstream>
#include <thread>

#include "admin/rotation.h"
#include "ops/domain_key.h"
#include "store/sqlite/connection.h"
#include "support.h"

namespace pd::admin {
namespace {

using store::sqlite::Connection;

class BackupTest : public AdminTest {
 protected:
  void SetUp() override { ASSERT_EQ(run({"domain-key", "init", "--domain", "example.org"}).status, 0); }

  Outcome restore_to(const std::filesystem::path& where) {
    return raw({"restore", file.string(), "--data", where.string()});
  }
  static std::string slurp(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }

  std::filesystem::path file = folder / "backup";
  std::filesystem::path elsewhere = folder / "elsewhere";
};

TEST_F(BackupTest, ARestoredDirectoryIsTheSame) {
  std::uint64_t seq = 0;
  {
    const auto store = serve();
    add_user(*store, "olivier");
    wait(store->reserve(sample::address("root@example.org"), now));
    wait(store->create_invite(2, now, now + std::chrono::hours(1), "note"));
    wait(store->put_remote_domain(sample::domain("blackmesa.us"), {"pinned", now}));
    seq = wait(store->next_descriptor_seq());
    EXPECT_EQ(run({"backup", file.string()}).status, 0);  // while it is open
    seq = wait(store->next_descriptor_seq());
  }
  EXPECT_EQ(restore_to(elsewhere).status, 0);
  const auto key = ops::DomainKeyFile(data).load(current_keys(*serve()).current()).public_key();
  std::filesystem::remove_all(data);

  data = elsewhere;
  const auto store = serve();
  EXPECT_EQ(wait(store->users("", 10)).size(), 2u);
  EXPECT_EQ(wait(store->invites()).size(), 1u);
  EXPECT_EQ(wait(store->remote_domain(sample::domain("blackmesa.us")))->descriptor, "pinned");
  EXPECT_EQ(ops::DomainKeyFile(data).load(current_keys(*store).current()).public_key(), key);
  // Others have seen a descriptor that was made after the backup.
  EXPECT_GT(wait(store->next_descriptor_seq()), seq);
  EXPECT_EQ(
      wait(store->append({sample::address("root@example.org"), "x", {}, std::nullopt, {{}, 0, 1}, now, std::nullopt})),
      store::AppendOutcome::name_reserved);
}

TEST_F(BackupTest, FilesAreTheOwnersAlone) {
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  EXPECT_EQ(restore_to(elsewhere).status, 0);
  using std::filesystem::perms;
  const auto mode = [](const std::filesystem::path& path) { return std::filesystem::status(path).permissions(); };
  EXPECT_EQ(mode(file), perms::owner_read | perms::owner_write);
  EXPECT_EQ(mode(elsewhere), perms::owner_all);
  for (const auto& entry : std::filesystem::directory_iterator(elsewhere))
    EXPECT_EQ(entry.status().permissions(), perms::owner_read | perms::owner_write) << entry.path();
}

TEST_F(BackupTest, TheRestoredDatabaseDoesNotHoldTheKey) {
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  EXPECT_EQ(restore_to(elsewhere).status, 0);
  const std::string secret = slurp(elsewhere / "domain-key.pem").substr(28, 40);
  EXPECT_NE(slurp(file).find(secret), std::string::npos);
  EXPECT_EQ(slurp(elsewhere / "pd.db").find(secret), std::string::npos);
}

TEST_F(BackupTest, NothingIsEverOverwritten) {
  std::ofstream(file) << "precious";
  const auto before = entries();
  const auto outcome = run({"backup", file.string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("is there already"));
  EXPECT_EQ(slurp(file), "precious");
  EXPECT_EQ(entries(), before);

  std::filesystem::remove(file);
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  EXPECT_THAT(restore_to(data).err, HasSubstr("is not an empty directory"));
  std::filesystem::create_directory(elsewhere);
  EXPECT_EQ(restore_to(elsewhere).status, 0);
  EXPECT_EQ(restore_to(elsewhere).status, 1);
}

TEST_F(BackupTest, AFailureLeavesNothingBehind) {
  EXPECT_EQ(run({"backup", (folder / "no-such" / "backup").string()}).status, 1);
  std::filesystem::remove(data / "domain-key.pem");
  EXPECT_EQ(run({"backup", file.string()}).status, 1);
  EXPECT_EQ(entries(), 1u);  // the data directory
}

TEST_F(BackupTest, WhatAKilledOneLeftIsRemovedByTheNext) {
  const std::string partial = file.string() + ".partial-";
  for (const auto& left : {partial + "0123abcd", partial + "0123abcd-journal", partial + "0123abcde",
                           partial + "of-mine", file.string() + "2.partial-0123abcd"})
    std::ofstream{left} << "key";
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(partial + "0123abcd"));
  EXPECT_FALSE(std::filesystem::exists(partial + "0123abcd-journal"));
  EXPECT_TRUE(std::filesystem::exists(partial + "0123abcde"));
  EXPECT_TRUE(std::filesystem::exists(partial + "of-mine"));
  EXPECT_TRUE(std::filesystem::exists(file.string() + "2.partial-0123abcd"));
}

TEST_F(BackupTest, WhatIsNoBackupIsRefused) {
  EXPECT_EQ(restore_to(elsewhere).status, 1);  // there is no such file
  std::ofstream(file) << "something else";
  EXPECT_EQ(restore_to(elsewhere).status, 1);
  std::filesystem::copy_file(data / "pd.db", file, std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(restore_to(elsewhere).err, HasSubstr("not a backup"));
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

TEST_F(BackupTest, ADamagedBackupIsRefused) {
  add_user(*serve(), "olivier");
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  const std::string whole = slurp(file);
  std::string damaged = whole;
  for (std::size_t i = 4'096; i < damaged.size(); i += 512)
    damaged[i] = static_cast<char>(~damaged[i]);
  std::ofstream(file, std::ios::binary) << damaged;
  EXPECT_EQ(restore_to(elsewhere).status, 1);
  std::ofstream(file, std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_EQ(restore_to(elsewhere).status, 1);
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

// Damage that reading alone does not meet.
void spoil(const std::filesystem::path& database) {
  Connection db(database, Connection::Access::read_write);
  db.run("PRAGMA foreign_keys = OFF; INSERT INTO endpoint VALUES (999, 'of', 'nobody', 1)");
}

TEST_F(BackupTest, WhatIsNotWholeIsNeitherBackedUpNorRestored) {
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  spoil(file);
  EXPECT_THAT(restore_to(elsewhere).err, HasSubstr("the database is damaged"));
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
  std::filesystem::remove(file);
  spoil(store::sqlite::database_file(data));
  EXPECT_THAT(run({"backup", file.string()}).err, HasSubstr("the database is damaged"));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(BackupTest, AnotherKeyInTheBackupIsRefused) {
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  {
    Connection db(file, Connection::Access::read_write);
    const std::string pem = identity::PrivateKey::generate().pem();
    db.query("UPDATE backup SET domain_key = ?1").bind(pem).run();
  }
  EXPECT_THAT(restore_to(elsewhere).err, HasSubstr("not the one that its records name"));
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
}

TEST_F(BackupTest, ABackupOfANewerServerIsRefused) {
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  Connection(file, Connection::Access::read_write).run("PRAGMA user_version = 99");
  EXPECT_THAT(restore_to(elsewhere).err, HasSubstr("has schema 99"));
}

TEST_F(BackupTest, TheKeyOfAHalfDoneRotationIsInIt) {
  const auto next = identity::PrivateKey::generate();
  {
    const auto store = serve();
    auto records = current_keys(*store);
    ops::DomainKeyFile key_file(data);
    ASSERT_TRUE(records.rotate(key_file.load(records.current()), next.public_key(), now));
    key_file.stage(next);
    wait(store->put_domain_key_records(records.records()));
  }
  EXPECT_EQ(run({"backup", file.string()}).status, 0);
  EXPECT_EQ(restore_to(elsewhere).status, 0);
  EXPECT_EQ(ops::DomainKeyFile(elsewhere).load(next.public_key()).public_key(), next.public_key());
}

// One moment: never a part of what is written meanwhile.
TEST_F(BackupTest, IsWholeWhileTheServerWrites) {
  const auto store = serve();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop && i < 5'000; ++i)
      add_user(*store, "name" + std::to_string(i));
  });
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(run({"backup", file.string()}).status, 0);
    EXPECT_EQ(restore_to(elsewhere).status, 0);
    store::sqlite::Options options;
    const auto copy = store::sqlite::open(elsewhere, options);
    std::string after;
    for (auto users = wait(copy->users(after, 1'000)); !users.empty(); users = wait(copy->users(after, 1'000))) {
      for (const auto& user : users)
        EXPECT_EQ(wait(copy->find(user.address)).record->operations.size(), 1u);
      after = users.back().address.local();
    }
    std::filesystem::remove_all(elsewhere);
    std::filesystem::remove(file);
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace pd::admin
