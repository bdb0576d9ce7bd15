#include "agent/rpc.h"

#include <gtest/gtest.h>

namespace pd::agent {
namespace {

std::string line_with_text(std::size_t bytes) {
  const std::string before = R"({"jsonrpc":"2.0","method":"send","params":{"text":")";
  const std::string after = R"("}})";
  return before + std::string(bytes - before.size() - after.size(), 'x') + after;
}

TEST(Rpc, ALineOfTheGreatestLengthIsReadAndNoLongerOne) {
  EXPECT_TRUE(parse_request(line_with_text(max_line_bytes)));
  const auto longer = parse_request(line_with_text(max_line_bytes + 1));
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, Code::request);
  EXPECT_EQ(longer.error().error.rule, "AGT-5");
}

TEST(Rpc, WhatIsWrittenIsRead) {
  const Request request{7, "send", {{"text", "a\nb"}}};
  const auto line = encode(request);
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "a line has one line feed, its last byte";
  const auto read = parse_request(std::string_view(line).substr(0, line.size() - 1));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, 7);
  EXPECT_EQ(read->method, "send");
  EXPECT_EQ(read->params, request.params);
}

TEST(Rpc, ARequestWithoutAnIdHasNoneWhenItIsWritten) {
  EXPECT_EQ(encode(Request{{}, "close", Json::object()}), "{\"jsonrpc\":\"2.0\",\"method\":\"close\",\"params\":{}}\n");
}

TEST(Rpc, TheAnswerToWhatHadNoIdHasNull) {
  const auto line = encode(Answer{{}, tl::unexpected(Refusal{Code::parse, "no"})});
  EXPECT_EQ(line, "{\"error\":{\"code\":-32700,\"message\":\"no\"},\"id\":null,\"jsonrpc\":\"2.0\"}\n");
}

TEST(Rpc, AClientTellsAnswersFromNotifications) {
  const auto answer = parse_incoming(R"({"jsonrpc":"2.0","id":3,"result":{"v":1}})");
  ASSERT_TRUE(answer && answer->answer);
  EXPECT_EQ(answer->answer->result->at("v"), 1);
  const auto refusal = parse_incoming(R"({"jsonrpc":"2.0","id":3,"error":{"code":-32001,"message":"too many"}})");
  ASSERT_TRUE(refusal && refusal->answer);
  EXPECT_EQ(refusal->answer->result.error().code, Code::busy);
  const auto notification = parse_incoming(R"({"jsonrpc":"2.0","method":"message","params":{"seq":1}})");
  ASSERT_TRUE(notification && notification->notification);
  EXPECT_EQ(notification->notification->method, "message");
}

TEST(Rpc, ACodeThatIsNotKnownMeansFailed) {
  for (const auto* error : {R"({"code":-5,"message":"m"})", R"({"message":"m"})", "\"text\"", "[]"}) {
    const auto read = parse_incoming(std::string(R"({"id":1,"error":)") + error + "}");
    ASSERT_TRUE(read && read->answer) << error;
    EXPECT_EQ(read->answer->result.error().code, Code::failed) << error;
  }
}

TEST(Lines, AreTheSameHoweverTheStreamIsCut) {
  const std::string stream = "one\n\ntwo\nthree";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    LineReader reader;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      reader.feed(std::string_view(stream).substr(at, size));
      while (auto line = reader.next())
        lines.push_back(*line);
    }
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"})) << size;
    EXPECT_FALSE(reader.overflown());
  }
}

TEST(Lines, OneWithoutAnEndOverflows) {
  LineReader reader;
  reader.feed("short\n" + std::string(max_line_bytes, 'x'));
  EXPECT_EQ(reader.next(), "short");
  EXPECT_FALSE(reader.overflown());
  reader.feed("x");
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_TRUE(reader.overflown());
}

}  // namespace
}  // namespace pd::agent
