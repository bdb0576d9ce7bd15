#include "ops/log.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ops/log_line.h"

namespace pd::ops {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::chrono::system_clock::time_point when{std::chrono::milliseconds(1'738'314'000'250)};

TEST(LogLine, IsReadableAsText) {
  EXPECT_EQ(log_line(LogFormat::text, when, Level::warning, "tls-reload-failed",
                     {{"file", "server.pem"}, {"reason", "no such file"}}),
            "2025-01-31T09:00:00.250Z warning tls-reload-failed file=server.pem reason=\"no such file\"");
  EXPECT_EQ(log_line(LogFormat::text, when, Level::info, "ready", {}), "2025-01-31T09:00:00.250Z info ready");
}

TEST(LogLine, IsOneObjectAsJson) {
  EXPECT_EQ(log_line(LogFormat::json, when, Level::error, "e", {{"a", "1"}, {"b", "x y"}}),
            R"({"time":"2025-01-31T09:00:00.250Z","level":"error","event":"e","a":"1","b":"x y"})");
}

// Whatever a client puts into a field: one line, of ASCII, that cannot pretend to be another.
TEST(LogLine, EscapesEverythingThatCouldForgeALine) {
  const std::string nasty = "a\nb\r\"c\" d=e \x1b[31m \xff \xe2\x80\xae \x7f";
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const std::string line = log_line(format, when, Level::info, nasty, {{"field", nasty}});
    for (const char c : line)
      EXPECT_TRUE(c >= ' ' && c < 0x7f) << line;
    EXPECT_THAT(line, HasSubstr("\\n"));
    EXPECT_THAT(line, HasSubstr("\\u202e"));
  }
  const auto parsed = nlohmann::json::parse(log_line(LogFormat::json, when, Level::info, "e", {{"field", nasty}}));
  EXPECT_THAT(parsed["field"].get<std::string>(), HasSubstr("a\nb\r\"c\""));
  EXPECT_THAT(log_line(LogFormat::text, when, Level::info, "e", {{"f", "x=y"}}), HasSubstr("f=\"x=y\""));
  EXPECT_THAT(log_line(LogFormat::text, when, Level::info, "e", {{"f", ""}}), HasSubstr("f=\"\""));
}

TEST(Log, WritesToStandardErrorFromTheLevelOn) {
  testing::internal::CaptureStderr();
  {
    Log log(LogFormat::text, Level::info);
    log.debug("hidden");
    log.info("shown", {{"k", "v"}});
    log.error("loud");
    EXPECT_EQ(log.lost(), 0u);
  }  // writes out what waits
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_THAT(out, Not(HasSubstr("hidden")));
  EXPECT_THAT(out, HasSubstr(" info shown k=v\n"));
  EXPECT_THAT(out, HasSubstr(" error loud\n"));
}

}  // namespace
}  // namespace pd::ops
