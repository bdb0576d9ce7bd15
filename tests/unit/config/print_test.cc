#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace pd::config {
namespace {

using testing::HasSubstr;

// One value for each option, none of them the default.
std::vector<std::string> everything() {
  return enough({"--listen",
                 "127.0.0.1:8443",
                 "--listen",
                 "[::1]:1",
                 "--metrics-listen",
                 "127.0.0.1:9100",
                 "--stun",
                 "192.0.2.1:3478",
                 "--stun",
                 "[::]:3479",
                 "--stun-host",
                 "stun.example.org",
                 "--ca-file",
                 "ca \"quoted\" \\ é.pem",
                 "--resolve",
                 "blackmesa.us:443:[::1]:8444",
                 "--dns-server",
                 "192.0.2.53",
                 "--policy",
                 "policy",
                 "--api-url",
                 "https://pd.example.org:8443",
                 "--registration",
                 "closed",
                 "--reserved",
                 "root",
                 "--reserved",
                 "support",
                 "--threads",
                 "3",
                 "--statement-life",
                 "90s",
                 "--answer-fresh",
                 "1m",
                 "--remote-timeout",
                 "6",
                 "--shutdown-grace",
                 "0",
                 "--connections",
                 "100",
                 "--cache-answers",
                 "5",
                 "--rate-address",
                 "0.1:3",
                 "--rate-registration",
                 "2:4",
                 "--rate-account",
                 "3:5",
                 "--rate-domain",
                 "4:6",
                 "--rate-stun",
                 "5:7",
                 "--log-level",
                 "debug",
                 "--log-format",
                 "json",
                 "--ready-file",
                 "ready"});
}

TEST(Print, AFileMadeFromAConfigurationReadsBackToTheSame) {
  const Config before = accepted(everything());
  const TemporaryFile file(to_toml(before));
  const Config after = accepted({"--config", file.path()});
  for (const auto& option : options())
    EXPECT_EQ(option.get(before), option.get(after)) << option.name;
}

TEST(Print, EveryOptionIsThereSetOrNot) {
  const auto text = std::get<Exit>(parse_run(std::vector<std::string>{"--print-config"})).text;
  for (const auto& option : options())
    EXPECT_THAT(text, HasSubstr("\n# " + option.help)) << option.name;
  EXPECT_THAT(text, HasSubstr("\nthreads = 0\n"));
  EXPECT_THAT(text, HasSubstr("\n# policy = \"\"\n"));
  EXPECT_THAT(text, HasSubstr("\nlisten = [\"[::]:443\"]\n"));
}

TEST(Print, TheCommandLineIsInThePrintedConfiguration) {
  const auto text = std::get<Exit>(parse_run(std::vector<std::string>{"--threads", "5", "--print-config"})).text;
  EXPECT_THAT(text, HasSubstr("\nthreads = 5\n"));
}

// The options part of the manual page is made, not written. PD_UPDATE=1 makes it again.
TEST(Print, TheManualPageHasTheOptionsOfTheProgram) {
  const std::filesystem::path page = PD_SOURCE_DIR "/packaging/man/pd-server.8";
  const std::string begin = ".\\\" options of run: begin\n";
  const std::string end = ".\\\" options of run: end\n";
  std::stringstream in;
  in << std::ifstream(page).rdbuf();
  std::string text = in.str();
  const auto from = text.find(begin);
  const auto to = text.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const auto start = from + begin.size();
  if (std::getenv("PD_UPDATE") != nullptr) {
    text.replace(start, to - start, to_roff());
    std::ofstream(page) << text;
    return;
  }
  EXPECT_EQ(text.substr(start, to - start), to_roff()) << "run this test once with PD_UPDATE=1";
}

}  // namespace
}  // namespace pd::config
