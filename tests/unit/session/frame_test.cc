#include "session/frame.h"

#include <random>

#include <gtest/gtest.h>

#include "message.h"

namespace pd::session {
namespace {

using test::message;

std::vector<Frame> some_frames() {
  return {Hello{new_id(), {"chat", "files"}},
          message("Hello, Gordon."),
          message(std::string(max_text_bytes, 'x')),
          Ack{{new_id(), new_id()}},
          Ping{0},
          Pong{(std::uint64_t{1} << 53) - 1},
          ErrorFrame{"internal", "the \"disk\""},
          Bye{"done"}};
}

TEST(Frame, WhatIsWrittenIsRead) {
  for (const auto& frame : some_frames()) {
    FrameReader reader;
    reader.feed(encode(frame));
    const auto read = reader.next();
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, frame);
    EXPECT_EQ(reader.next().value(), std::nullopt);
  }
}

TEST(Frame, MayBeCutAnywhere) {
  std::mt19937 random(20'260'101);
  std::string stream;
  const auto frames = some_frames();
  for (const auto& frame : frames) {
    stream += encode(frame);
  }
  for (int round = 0; round < 50; ++round) {
    FrameReader reader;
    std::vector<Frame> read;
    for (std::size_t begin = 0; begin < stream.size();) {
      const std::size_t size = 1 + random() % (round % 2 == 0 ? 7 : 30'000);
      reader.feed(std::string_view(stream).substr(begin, size));
      begin += size;
      while (auto frame = reader.next().value()) {
        read.push_back(std::move(*frame));
      }
    }
    EXPECT_EQ(read, frames);
  }
}

TEST(Frame, AStreamThatWentWrongStaysWrong) {
  FrameReader reader;
  reader.feed(std::string("\0\0\0\0\0", 5));
  const auto first = reader.next();
  ASSERT_FALSE(first);
  reader.feed(encode(Ping{1}));
  const auto second = reader.next();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().rule, first.error().rule);
}

TEST(Frame, NoiseNeverDoesMoreThanFail) {
  std::mt19937 random(7);
  const std::string good = encode(message("text"));
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes = good;
    for (int change = 0; change < 3; ++change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    FrameReader reader;
    reader.feed(bytes);
    while (true) {
      const auto frame = reader.next();
      if (!frame || !*frame) break;
    }
  }
}

TEST(Frame, EveryTextThatMayBeSentFits) {
  // The text that takes the most room as JSON: every byte a quotation mark.
  const auto longest = message(std::string(max_text_bytes, '"'));
  ASSERT_TRUE(check_text(longest.text));
  EXPECT_LE(encode(longest).size(), frame_head_bytes + max_payload_bytes);
  // Control characters take six times theirs.
  EXPECT_TRUE(check_text(std::string(max_text_bytes, '\n'))) << "two bytes each in JSON, and that fits";
  std::string controls;
  while (check_text(controls + '\x1b')) {
    controls += '\x1b';
  }
  EXPECT_GT(controls.size(), 10'000U);
  EXPECT_LE(encode(message(controls)).size(), frame_head_bytes + max_payload_bytes);
}

TEST(Frame, RefusesTextsThatCannotBeSent) {
  for (const auto& text : {std::string(), std::string(max_text_bytes + 1, 'x'), std::string("a\0b", 3),
                           std::string("\xff"), std::string("\xc0\xaf"), std::string("\xed\xa0\x80")}) {
    EXPECT_FALSE(check_text(text)) << text.size();
  }
}

TEST(Frame, IdsAreRandomAndRecognized) {
  EXPECT_NE(new_id(), new_id());
  EXPECT_TRUE(is_id(new_id()));
  for (const char* text : {"", "c1a7e5d20b944f3f8e6d7a1b2c3d4e5", "C1A7E5D20B944F3F8E6D7A1B2C3D4E5F",
                           "c1a7e5d20b944f3f8e6d7a1b2c3d4e5f0", "g1a7e5d20b944f3f8e6d7a1b2c3d4e5f"}) {
    EXPECT_FALSE(is_id(text)) << text;
  }
}

}  // namespace
}  // namespace pd::session
