#include "session/history.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "client/town.h"
#include "identity/sample.h"

namespace pd::session {
namespace {

using identity::sample::address;
using identity::sample::at;

const identity::Address gordon = address("gordon@blackmesa.us");
const identity::Address alyx = address("alyx@blackmesa.us");

class HistoryTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "history.db"; }
  std::vector<std::string> texts(std::size_t count) const {
    std::vector<std::string> made;
    for (std::size_t i = 0; i < count; ++i)
      made.push_back("text " + std::to_string(i));
    return made;
  }

  pd::test::Folder folder_;
  History history_{file()};
};

std::vector<std::string> texts_of(const std::vector<Entry>& entries) {
  std::vector<std::string> texts;
  for (const auto& entry : entries)
    texts.push_back(entry.message.text);
  return texts;
}

TEST_F(HistoryTest, IsForItsOwnerAlone) {
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(HistoryTest, WhatWasWrittenWaitsInOrderAlsoForAnotherProcess) {
  const auto written = history_.write(gordon, texts(3), at(0));
  History other(file());
  const auto waiting = other.undelivered(gordon, 0, 10);
  EXPECT_EQ(texts_of(waiting), texts(3));
  EXPECT_EQ(waiting.front().delivery, Delivery::pending);
  EXPECT_EQ(waiting.front().message, written.front().message);
  EXPECT_EQ(other.count_undelivered(gordon), 3U);
  EXPECT_EQ(other.count_undelivered(alyx), 0U);
}

TEST_F(HistoryTest, StatesOnlyMoveForward) {
  const auto id = history_.write(gordon, texts(1), at(0)).front().message.id;
  const std::vector<std::string> ids{id};
  history_.mark_sent(gordon, ids);
  EXPECT_EQ(history_.undelivered(gordon, 0, 1).front().delivery, Delivery::sent);
  EXPECT_EQ(history_.mark_delivered(gordon, ids), ids);
  EXPECT_TRUE(history_.mark_delivered(gordon, ids).empty());
  history_.mark_sent(gordon, ids);
  EXPECT_EQ(history_.newest(gordon, 1).front().delivery, Delivery::delivered);
  EXPECT_TRUE(history_.undelivered(gordon, 0, 1).empty());
}

TEST_F(HistoryTest, OnlyThePeerAcknowledges) {
  const std::vector<std::string> ids{history_.write(gordon, texts(1), at(0)).front().message.id};
  EXPECT_TRUE(history_.mark_delivered(alyx, ids).empty());
  EXPECT_EQ(history_.count_undelivered(gordon), 1U);
}

TEST_F(HistoryTest, GivesOutWhatFollows) {
  history_.write(gordon, texts(5), at(0));
  const auto first = history_.undelivered(gordon, 0, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(texts_of(history_.undelivered(gordon, first.back().seq, 10)),
            (std::vector<std::string>{"text 2", "text 3", "text 4"}));
}

TEST_F(HistoryTest, StoresNothingTwice) {
  const std::vector<Message> messages{{new_id(), at(0), "one"}, {new_id(), at(1), "two"}};
  EXPECT_EQ(history_.receive(gordon, messages, at(2)), messages);
  EXPECT_TRUE(history_.receive(gordon, messages, at(3)).empty());
  // The same id with another text is the same message; from another person it is another.
  const std::vector<Message> forged{{messages[0].id, at(9), "forged"}};
  EXPECT_TRUE(history_.receive(gordon, forged, at(4)).empty());
  EXPECT_EQ(history_.receive(alyx, forged, at(4)), forged);
  EXPECT_EQ(texts_of(history_.newest(gordon, 10)), (std::vector<std::string>{"one", "two"}));
}

TEST_F(HistoryTest, OneBatchMayHoldAMessageTwice) {
  const Message message{new_id(), at(0), "one"};
  const std::vector<Message> batch{message, message};
  EXPECT_EQ(history_.receive(gordon, batch, at(1)).size(), 1U);
}

TEST_F(HistoryTest, AnIdOfOursMayComeFromThem) {
  const auto ours = history_.write(gordon, texts(1), at(0)).front().message;
  const std::vector<Message> theirs{{ours.id, at(1), "reflected"}};
  EXPECT_EQ(history_.receive(gordon, theirs, at(1)), theirs);
  EXPECT_EQ(history_.count_undelivered(gordon), 1U);
}

TEST_F(HistoryTest, ShowsTheNewestOldestFirst) {
  history_.write(gordon, texts(4), at(0));
  const std::vector<Message> theirs{{new_id(), at(1), "theirs"}};
  history_.receive(gordon, theirs, at(1));
  history_.write(alyx, texts(1), at(2));
  EXPECT_EQ(texts_of(history_.newest(gordon, 2)), (std::vector<std::string>{"text 3", "theirs"}));
  EXPECT_TRUE(history_.newest(gordon, 0).empty());
}

TEST_F(HistoryTest, FindsWordsAsTheyAreWritten) {
  history_.write(gordon, std::vector<std::string>{"100% sure", "100 per cent", "under_score", "UNDER score"}, at(0));
  EXPECT_EQ(texts_of(history_.newest(gordon, 10, "100%")), (std::vector<std::string>{"100% sure"}));
  EXPECT_EQ(texts_of(history_.newest(gordon, 10, "r_s")), (std::vector<std::string>{"under_score"}));
  EXPECT_EQ(history_.newest(gordon, 10, "UNDER").size(), 2U);
  EXPECT_TRUE(history_.newest(gordon, 10, "'; DROP TABLE message; --").empty());
}

TEST_F(HistoryTest, PagesBackwards) {
  const auto all = history_.write(gordon, texts(5), at(0));
  history_.write(alyx, texts(1), at(0));
  EXPECT_EQ(texts_of(history_.before(gordon, all[3].seq, 2)), (std::vector<std::string>{"text 1", "text 2"}));
  EXPECT_TRUE(history_.before(gordon, all[0].seq, 2).empty());
}

TEST_F(HistoryTest, KnowsForWhomSomethingWaits) {
  const auto sent = history_.write(gordon, texts(2), at(0));
  history_.write(alyx, texts(1), at(0));
  history_.mark_delivered(gordon, std::vector<std::string>{sent[0].message.id});
  const auto waiting = history_.outboxes();
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_EQ(waiting[0].peer, alyx);
  EXPECT_EQ(waiting[1].peer, gordon);
  EXPECT_EQ(waiting[1].waiting, 1U);
}

TEST_F(HistoryTest, ListsConversationsTheNewestFirst) {
  history_.write(gordon, texts(2), at(0));
  const std::vector<Message> theirs{{new_id(), at(1), "one"}, {new_id(), at(1), "two"}};
  history_.receive(alyx, theirs, at(1));
  const auto listed = history_.conversations(10);
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].peer, alyx);
  EXPECT_EQ(listed[0].unread, 2U);
  EXPECT_EQ(listed[0].last.message.text, "two");
  EXPECT_EQ(listed[1].waiting, 2U);
  EXPECT_EQ(listed[1].unread, 0U);
  EXPECT_EQ(history_.conversations(1).size(), 1U);
}

TEST_F(HistoryTest, WhatWasReadStaysRead) {
  const std::vector<Message> theirs{{new_id(), at(1), "one"}, {new_id(), at(1), "two"}, {new_id(), at(1), "three"}};
  history_.receive(gordon, theirs, at(1));
  const auto first = history_.received(gordon, theirs[0].id);
  EXPECT_EQ(first.message, theirs[0]);
  history_.mark_read(gordon, first.seq);
  EXPECT_EQ(history_.count_unread(gordon), 2U);
  history_.mark_read(gordon);
  EXPECT_EQ(history_.count_unread(gordon), 0U);
  history_.mark_read(gordon, first.seq);
  EXPECT_EQ(history_.count_unread(gordon), 0U);
  history_.mark_read(alyx);  // with whom there is nothing
  EXPECT_EQ(history_.count_unread(alyx), 0U);
}

TEST_F(HistoryTest, WhatWasThereBeforeReadingWasCountedIsRead) {
  const std::vector<Message> theirs{{new_id(), at(1), "old"}};
  history_.receive(gordon, theirs, at(1));
  const std::vector<std::string_view> as_many_as_there_are(2);
  directory::Database(file(), as_many_as_there_are).run("DROP TABLE conversation; PRAGMA user_version = 1;");
  History again(file());
  EXPECT_EQ(again.count_unread(gordon), 0U);
  const std::vector<Message> fresh{{new_id(), at(2), "new"}};
  again.receive(gordon, fresh, at(2));
  EXPECT_EQ(again.count_unread(gordon), 1U);
}

TEST_F(HistoryTest, KnowsToWhomItsOwnerWrote) {
  const std::vector<Message> theirs{{new_id(), at(1), "theirs"}};
  history_.receive(gordon, theirs, at(1));
  EXPECT_FALSE(history_.wrote_to(gordon));
  history_.write(gordon, texts(1), at(2));
  EXPECT_TRUE(history_.wrote_to(gordon));
}

}  // namespace
}  // namespace pd::session
