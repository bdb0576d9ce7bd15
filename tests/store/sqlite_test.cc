// What only the SQLite backend promises.
#include <fstream>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/detached.hpp>

#include "backend.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/open.h"
#include "store/sqlite/writer.h"
#include "support.h"

namespace pd::store::test {
namespace {

using sqlite::Connection;
using testing::HasSubstr;
using testing::ThrowsMessage;

class SqliteTest : public testing::Test {
 protected:
  std::unique_ptr<Store> open(bool create = true, const char* domain = "example.org") {
    sqlite::Options options;
    if (domain != nullptr) options.domain = *Domain::parse(domain);
    options.create = create;
    return sqlite::open(data, options);
  }
  std::unique_ptr<Connection> connect() { return std::make_unique<Connection>(file, Connection::Access::read_write); }

  TemporaryDirectory directory;
  std::filesystem::path data = directory.path() / "data";
  std::filesystem::path file = sqlite::database_file(data);
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

TEST_F(SqliteTest, OnlyTheOwnerReadsTheFiles) {
  const mode_t before = umask(0);
  const auto store = open();
  append(*store, create("olivier"));
  umask(before);
  EXPECT_EQ(mode_of(data), 0700u);
  EXPECT_EQ(mode_of(file), 0600u);
  EXPECT_EQ(mode_of(file.string() + "-wal"), 0600u);
}

TEST_F(SqliteTest, CommitsWaitForTheDisk) {
  open();
  const auto db = connect();
  EXPECT_EQ(db->integer("PRAGMA synchronous"), 2);  // FULL
  EXPECT_EQ(db->integer("PRAGMA foreign_keys"), 1);
  auto mode = db->query("PRAGMA journal_mode");
  ASSERT_TRUE(mode.step());
  EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(SqliteTest, AProbeNoticesThatTheFileWasReplaced) {
  const auto store = open();
  wait(store->probe(at(0)));
  auto aside = file;
  aside += ".old";
  std::filesystem::rename(file, aside);
  EXPECT_THROW(wait(store->probe(at(1))), Failure);
  std::filesystem::copy_file(aside, file);
  EXPECT_THROW(wait(store->probe(at(2))), Failure);
  std::filesystem::rename(aside, file);
  wait(store->probe(at(3)));
}

TEST_F(SqliteTest, AProbeNoticesThatTheFileWasCutShort) {
  append(*open(), create("olivier"));
  const auto store = open();
  wait(store->probe(at(0)));
  const auto size = std::filesystem::file_size(file);
  std::filesystem::resize_file(file, 4096);
  EXPECT_THROW(wait(store->probe(at(1))), Failure);
  std::filesystem::resize_file(file, size);
  EXPECT_THROW(wait(store->probe(at(2))), Failure) << "what was in it is gone";
}

TEST_F(SqliteTest, ADirectoryThatOthersMayWriteToIsRefused) {
  using std::filesystem::perms;
  open();
  for (const auto mode : {perms(0720), perms(0702), perms(0777)}) {
    std::filesystem::permissions(data, mode);
    for (const bool make : {true, false})
      EXPECT_THAT([&] { open(make); }, ThrowsMessage<Failure>(HasSubstr("chmod go-w"))) << make;
  }
  std::filesystem::permissions(data, perms(0755));
  EXPECT_NO_THROW(open());
}

TEST_F(SqliteTest, MigratingAgainChangesNothing) {
  append(*open(), create("olivier"));
  const auto db = connect();
  const auto newest = static_cast<std::int64_t>(sqlite::migration_scripts().size());
  EXPECT_EQ(db->integer("PRAGMA user_version"), newest);
  EXPECT_EQ(db->integer("PRAGMA application_id"), sqlite::application_id);
  const auto schema = db->integer("PRAGMA schema_version");
  sqlite::migrate(*db);
  sqlite::migrate(*db);
  EXPECT_EQ(db->integer("PRAGMA schema_version"), schema);
  EXPECT_EQ(find(*open(), "olivier").state, NameState::taken);
}

TEST_F(SqliteTest, AnOlderSchemaIsBroughtUpToDateWithWhatItHolds) {
  std::filesystem::create_directory(data);
  std::ofstream{file};
  {
    const auto db = connect();
    db->run(std::string(sqlite::migration_scripts()[0]).c_str());
    db->run(("PRAGMA user_version = 1; PRAGMA application_id = " + std::to_string(sqlite::application_id)).c_str());
    db->run("INSERT INTO domain (id, name) VALUES (1, 'example.org')");
    db->run(
        "INSERT INTO remote_answer (address, resolution, size, fetched, expires) VALUES "
        "('gordon@blackmesa.us', '{}', 2, 0, 1), ('alyx@blackmesa.us', '{}', 2, 0, 1), ('a@b.example', '{}', 2, 0, 1)");
  }
  open();
  EXPECT_EQ(connect()->integer("SELECT rows * 100 + bytes FROM remote_share WHERE domain = 'blackmesa.us'"), 204);
  EXPECT_EQ(connect()->integer("SELECT count(*) FROM remote_share"), 2);
}

TEST_F(SqliteTest, ANewerSchemaIsRefusedAndLeftAlone) {
  open();
  connect()->run("PRAGMA user_version = 99");
  EXPECT_THAT([&] { open(); },
              ThrowsMessage<Failure>(HasSubstr("has schema 99, and this pd-server knows schemas up to")));
  EXPECT_EQ(connect()->integer("PRAGMA user_version"), 99);
}

TEST_F(SqliteTest, ADatabaseOfSomethingElseIsRefusedAndLeftAlone) {
  std::filesystem::create_directory(data);
  std::ofstream{file};
  connect()->run("CREATE TABLE recipe (name TEXT)");
  EXPECT_THAT([&] { open(); }, ThrowsMessage<Failure>(HasSubstr("not one of pd-server's")));
  EXPECT_EQ(connect()->integer("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(SqliteTest, GarbageIsRefused) {
  std::filesystem::create_directory(data);
  std::ofstream(file) << std::string(4'096, 'x');
  EXPECT_THAT([&] { open(); }, ThrowsMessage<Failure>(file.string() + " is no database, or damaged"));
}

TEST_F(SqliteTest, ADirectoryWithoutADatabaseIsNotFilledUnlessAsked) {
  EXPECT_THAT([&] { open(false); }, ThrowsMessage<Failure>(HasSubstr("there is no database in")));
  EXPECT_FALSE(std::filesystem::exists(data));
}

TEST_F(SqliteTest, TheDataBelongsToOneDomain) {
  EXPECT_THROW(open(true, nullptr), Failure);
  open();
  EXPECT_THAT([&] { open(true, "example.net"); },
              ThrowsMessage<Failure>(HasSubstr("belongs to example.org, not to example.net")));
  EXPECT_EQ(open(false, nullptr)->domain().text(), "example.org");
}

TEST_F(SqliteTest, OperationsHaveOneOrderOverAllNames) {
  const auto store = open();
  const Append olivier = create("olivier");
  append(*store, olivier);
  append(*store, create("gordon"));
  append(*store, next(olivier, "second"));
  wait(store->tombstone(name("gordon"), at(1)));
  append(*store, create("alice"));
  const auto db = connect();
  auto row = db->query("SELECT position, hash FROM operation ORDER BY position");
  std::vector<std::int64_t> positions;
  while (row.step()) {
    positions.push_back(row.integer(0));
    EXPECT_EQ(row.hash(1).size(), 32u);
  }
  EXPECT_EQ(positions, (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST_F(SqliteTest, ARemovedHistoryIsErasedAndItsPlaceKept) {
  const auto store = open();
  append(*store, create("gordon"));
  wait(store->tombstone(name("gordon"), at(1)));
  const auto db = connect();
  EXPECT_EQ(db->integer("SELECT count(*) FROM operation WHERE jws IS NULL"), 1);
  EXPECT_EQ(db->integer("SELECT count(*) FROM operation"), 1);
}

TEST_F(SqliteTest, WhatFailsHalfWayIsUndoneAndItsGroupIsNot) {
  open();
  sqlite::Writer writer(connect(), 10);
  boost::asio::io_context io;
  const auto insert = [&](int n, bool fail) {
    boost::asio::co_spawn(io,
                          sqlite::submit(writer,
                                         [n, fail](Connection& db) {
                                           db.query("INSERT INTO domain_key VALUES (?1, 'record')").bind(n).run();
                                           if (fail) throw Failure("half way");
                                         }),
                          [fail](std::exception_ptr error) { EXPECT_EQ(error != nullptr, fail); });
  };
  for (int n = 0; n < 6; ++n)
    insert(n, n % 2 == 1);
  io.run();
  EXPECT_EQ(connect()->integer("SELECT group_concat(n, '') FROM domain_key"), 24);  // "024"
}

TEST_F(SqliteTest, NoCodeIsInTheFile) {
  std::string code;
  {
    const auto store = open();
    code = wait(store->create_invite(1, at(0), at(100), "a note")).code;
  }
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  EXPECT_NE(bytes.find("a note"), std::string::npos);
  EXPECT_EQ(bytes.find(code), std::string::npos);
}

TEST_F(SqliteTest, WhoComesWhenTooManyWaitIsToldSo) {
  open();
  // Nothing can be written while somebody else is writing.
  const auto other = connect();
  const auto transaction = std::make_unique<sqlite::Transaction>(*other);
  sqlite::Options options;
  options.most_waiting = 4;
  const auto store = sqlite::open(data, options);
  boost::asio::io_context io;
  int done = 0;
  int busy = 0;
  constexpr int all = 600;  // more than the group that the writer takes at first
  for (int i = 0; i < all; ++i) {
    boost::asio::co_spawn(io, store->append(create("name" + std::to_string(i))),
                          [&](std::exception_ptr error, AppendOutcome) {
                            try {
                              if (error) std::rethrow_exception(error);
                              ++done;
                            } catch (const Busy&) {
                              ++busy;
                            }
                          });
  }
  while (busy == 0)
    io.run_one();
  other->query("ROLLBACK").run();
  io.run();
  EXPECT_EQ(done + busy, all);
  EXPECT_GE(done, 4);
  EXPECT_EQ(wait(store->users("", 1'000)).size(), static_cast<std::size_t>(done));
}

TEST_F(SqliteTest, AReadOnlyConnectionDoesNotWrite) {
  open();
  Connection db(file, Connection::Access::read_only);
  EXPECT_THROW(db.run("DELETE FROM name"), Failure);
}

TEST_F(SqliteTest, AHistoryThatIsNotWholeIsNotGivenOut) {
  append(*open(), create("olivier"));
  connect()->run("DELETE FROM operation");
  const auto store = open();
  EXPECT_THROW(find(*store, "olivier"), Failure);
}

}  // namespace
}  // namespace pd::store::test
