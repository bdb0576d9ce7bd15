#include "directory/event_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pd::directory {
namespace {

using Events = std::vector<ServerEvent>;
using namespace std::string_literals;

Events all(EventParser& parser) {
  Events events;
  while (auto event = parser.next())
    events.push_back(*event);
  return events;
}

// What a stream means: the same wherever it is cut.
Events read(const std::string& stream) {
  EventParser whole;
  EXPECT_TRUE(whole.feed(stream));
  auto events = all(whole);
  EventParser cut;
  for (const char byte : stream)
    EXPECT_TRUE(cut.feed({&byte, 1}));
  EXPECT_EQ(all(cut), events);
  return events;
}

// The examples of the WHATWG's section 9.2.6.
TEST(EventParserTest, ReadsTheExamplesOfTheStandard) {
  EXPECT_EQ(read("data: YHOO\ndata: +2\ndata: 10\n\n"), (Events{{"message", "", "YHOO\n+2\n10"}}));
  EXPECT_EQ(
      read(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"),
      (Events{{"message", "1", "first event"}, {"message", "", "second event"}, {"message", "", " third event"}}));
  EXPECT_EQ(read("data\n\ndata\ndata\n\ndata:"), (Events{{"message", "", ""}, {"message", "", "\n"}}));
  EXPECT_EQ(read("data:test\n\ndata: test\n\n"), (Events{{"message", "", "test"}, {"message", "", "test"}}));
}

TEST(EventParserTest, TakesEveryKindOfLineEnd) {
  const Events events{{"signal", "7", "x"}};
  EXPECT_EQ(read("event: signal\nid: 7\ndata: x\n\n"), events);
  EXPECT_EQ(read("event: signal\r\nid: 7\r\ndata: x\r\n\r\n"), events);
  EXPECT_EQ(read("event: signal\rid: 7\rdata: x\r\r"), events);
}

TEST(EventParserTest, SkipsAByteOrderMarkAtTheBeginningOnly) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "data: x\n\n"),
            (Events{{"message", "", "x"}}));
  EXPECT_EQ(read("\n\xEF\xBB\xBF"
                 "data: x\n\n"),
            Events{});
}

TEST(EventParserTest, IgnoresWhatItDoesNotKnow) {
  EXPECT_EQ(read("colour: blue\nDATA: x\n data: y\n: comment\n\n"), Events{});
  EXPECT_EQ(read("event: signal\n\ndata: x\n\n"), (Events{{"message", "", "x"}})) << "an event without data is none";
}

TEST(EventParserTest, AnIdHoldsUntilAnotherComes) {
  EventParser parser("41");
  EXPECT_EQ(parser.last_id(), "41");
  parser.feed("data: a\n\nid: 42\n");
  EXPECT_EQ(parser.last_id(), "41") << "not before the blank line";
  parser.feed("\ndata: b\n\n");
  EXPECT_EQ(all(parser), (Events{{"message", "41", "a"}, {"message", "42", "b"}}));
  parser.feed("id: 4\0002\n\n"s + "id: " + std::string(EventParser::max_id + 1, '1') + "\n\n");
  EXPECT_EQ(parser.last_id(), "42");
}

TEST(EventParserTest, ReadsHowLongToWait) {
  EventParser parser;
  parser.feed("retry: soon\nretry: 1000000000\nretry:\n");
  EXPECT_FALSE(parser.retry());
  parser.feed("retry: 2500\n");
  EXPECT_EQ(parser.retry(), std::chrono::milliseconds(2500));
}

TEST(EventParserTest, BoundsALine) {
  EventParser parser;
  EXPECT_TRUE(parser.feed(":" + std::string(EventParser::max_line - 1, 'x')));
  EXPECT_FALSE(parser.feed("x"));
}

TEST(EventParserTest, BoundsAnEvent) {
  const std::string line = "data: " + std::string(1023, 'x') + "\n";
  EventParser parser;
  for (std::size_t i = 0; i < EventParser::max_event / 1024; ++i)
    EXPECT_TRUE(parser.feed(line));
  EXPECT_FALSE(parser.feed("data: xx\n"));
}

}  // namespace
}  // namespace pd::directory
