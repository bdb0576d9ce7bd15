#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.h"

namespace pd::config {
namespace {

using testing::HasSubstr;

std::string refused_file(const std::string& text) {
  const TemporaryFile file(text);
  return refused(enough({"--config", file.path()}));
}

TEST(File, GivesWhatTheCommandLineDoesNot) {
  const TemporaryFile file(R"(
domain = "example.org"
data = "/srv/pd"
tls-cert = "c.pem"
tls-key = "k.pem"
listen = ["127.0.0.1:1", "[::1]:2"]
threads = 7
remote-timeout = 9
statement-life = "12h"
resolve = "blackmesa.us:443:127.0.0.1:9"
)");
  const Config config = accepted({"--config", file.path()});
  EXPECT_EQ(config.data, "/srv/pd");
  EXPECT_EQ(config.listen.size(), 2u);
  EXPECT_EQ(config.threads, 7u);
  EXPECT_EQ(config.remote_timeout, std::chrono::seconds(9));
  EXPECT_EQ(config.statement_life, std::chrono::hours(12));
  EXPECT_EQ(config.resolve.size(), 1u);
}

TEST(File, CommandLineWins) {
  const TemporaryFile file("threads = 7\nlisten = [\"127.0.0.1:1\"]\nbehind-proxy = true\ndomain = \"example.net\"\n");
  const Config config =
      accepted(enough({"--config", file.path(), "--threads", "2", "--listen", "[::1]:2", "--behind-proxy=false"}));
  EXPECT_EQ(config.threads, 2u);
  ASSERT_EQ(config.listen.size(), 1u);
  EXPECT_EQ(config.listen[0].port, 2);
  EXPECT_FALSE(config.behind_proxy);
  EXPECT_EQ(config.domain->text(), "example.org");
}

TEST(File, MistakesAreNamedWithTheirLine) {
  EXPECT_THAT(refused_file("threads = 1\nlisen = \"x\"\n"),
              HasSubstr("line 2: there is no option 'lisen'; did you mean 'listen'?"));
  EXPECT_THAT(refused_file("\n\nthreads = \"many\"\n"),
              HasSubstr("line 3: threads: 'many' is not a number from 0 to 256"));
  EXPECT_THAT(refused_file("threads = -1\n"), HasSubstr("line 1: threads"));
  EXPECT_THAT(refused_file("threads = [1]\n"), HasSubstr("takes one value, not a list"));
  EXPECT_THAT(refused_file("data = 1979-05-27\n"), HasSubstr("line 1: data is neither"));
  EXPECT_THAT(refused_file("[listen]\nport = 1\n"), HasSubstr("line 1: listen is neither"));
  EXPECT_THAT(refused_file("threads = 1\nthreads = 2\n"), HasSubstr("line 2"));
  EXPECT_THAT(refused_file("threads = \n"), HasSubstr("line 1"));
  EXPECT_THAT(refused_file("data = \"\xff\xfe\"\n"), HasSubstr("line 1"));
}

TEST(File, ThatCannotBeReadIsSaidSo) {
  EXPECT_THAT(refused(enough({"--config", "/nowhere/pd.toml"})), HasSubstr("/nowhere/pd.toml: cannot be read"));
  EXPECT_THAT(refused(enough({"--config", "/"})), HasSubstr("/: cannot be read"));
  EXPECT_THAT(refused_file(std::string((1 << 20) + 1, '\n')), HasSubstr("longer than 1 MiB"));
}

}  // namespace
}  // namespace pd::config
