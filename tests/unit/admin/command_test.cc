#include <algorithm>
#include <fstream>

#include "store/sqlite/connection.h"
#include "support.h"

namespace pd::admin {
namespace {

TEST_F(AdminTest, EveryCommandExplainsItself) {
  for (const auto& command : commands()) {
    const auto help = raw({std::string(command.name), "--help"});
    EXPECT_EQ(help.status, 0) << command.name;
    EXPECT_THAT(help.out, HasSubstr("pd-server " + std::string(command.name))) << command.name;
    EXPECT_FALSE(command.summary.empty());
  }
  EXPECT_THAT(raw({"user", "remove", "--help"}).out, HasSubstr("--yes"));
  EXPECT_THAT(raw({"user", "list", "--help"}).out, HasSubstr("--json"));
}

TEST_F(AdminTest, WrongUsageIsTwo) {
  EXPECT_EQ(raw({"user"}).status, 2);
  EXPECT_EQ(run({"user", "fly"}).status, 2);
  EXPECT_EQ(run({"user", "show"}).status, 2);
  EXPECT_EQ(run({"user", "list", "--state", "happy"}).status, 2);
  EXPECT_EQ(run({"invite", "create", "--uses", "0"}).status, 2);
  EXPECT_EQ(raw({"config", "burn"}).status, 2);
  EXPECT_THAT(run({"user", "fly"}).err, HasSubstr("there is no \"fly\"\nhint: 'pd-server user --help'"));
  EXPECT_THAT(run({"user", "list", "--state", "happy"}).err, HasSubstr("hint: 'pd-server user list --help'"));
  const auto outcome = run({"user", "list", "--domain", "192.0.2.1"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("pd-server user: --domain: "));
}

TEST_F(AdminTest, ADataDirectoryMustBeNamedAndBeOne) {
  auto outcome = raw({"user", "list"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--data is missing\nhint: "));
  outcome = run({"user", "list"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no database in"));
  EXPECT_FALSE(std::filesystem::exists(data));
}

TEST_F(AdminTest, TheDomainMustBeTheirs) {
  serve();
  EXPECT_EQ(run({"user", "list", "--domain", "example.org"}).status, 0);
  const auto outcome = run({"user", "list", "--domain", "example.net"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("belongs to example.org, not to example.net"));
}

TEST_F(AdminTest, TheConfigurationOfTheServerSaysWhereItsDataIs) {
  serve();
  const auto file = folder / "pd.toml";
  std::ofstream(file) << "domain = \"example.org\"\ndata = \"" << data.string() << "\"\n";
  EXPECT_EQ(raw({"user", "list", "--config", file.string()}).status, 0);
  std::ofstream(file) << "daata = \"" << data.string() << "\"\n";
  const auto outcome = raw({"user", "list", "--config", file.string()});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'data'?"));
}

// A command must not bring the schema up to date under a server that runs.
TEST_F(AdminTest, AnOlderSchemaIsLeftToTheServer) {
  serve();
  store::sqlite::Connection db(store::sqlite::database_file(data), store::sqlite::Connection::Access::read_write);
  db.run("PRAGMA user_version = 0");
  const auto outcome = run({"user", "list"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("start this version of the server once"));
  EXPECT_EQ(db.integer("PRAGMA user_version"), 0);
}

TEST_F(AdminTest, ConfigPrintsAndChecksWhatRunWouldHave) {
  const auto printed = raw({"config", "print", "--domain", "example.org", "--threads", "3"});
  EXPECT_EQ(printed.status, 0);
  EXPECT_THAT(printed.out, HasSubstr("domain = \"example.org\"\n"));
  EXPECT_THAT(printed.out, HasSubstr("threads = 3\n"));
  const auto incomplete = raw({"config", "check", "--domain", "example.org"});
  EXPECT_EQ(incomplete.status, 2);
  EXPECT_THAT(incomplete.err, HasSubstr("--data is missing"));
  EXPECT_EQ(raw({"config", "check", "--domain", "example.org", "--data", "d", "--behind-proxy"}).status, 0);
}

TEST_F(AdminTest, ConfigCheckTellsWhatLooksWrong) {
  doubts = {"the certificate is somebody else's"};
  const std::vector<std::string> check{"config", "check", "--domain", "example.org", "--data", "d", "--behind-proxy"};
  EXPECT_EQ(raw(check).status, 0);
  EXPECT_EQ(raw(check).err, "pd-server: warning: the certificate is somebody else's\n");
  auto in_json = check;
  in_json.insert(in_json.begin() + 2, "--json");
  EXPECT_EQ(raw(in_json).json(), (identity::Json{{"complete", true}, {"warnings", doubts}}));
  EXPECT_THAT(raw({"config", "check", "--help"}).out, HasSubstr("pd-server config check"));
}

// The names under "Subcommands:" in a command's help.
std::vector<std::string> actions_in(const std::string& help) {
  std::istringstream lines(help.substr(std::min(help.size(), help.find("Subcommands:"))));
  std::vector<std::string> actions;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::string word;
    if (std::istringstream(line) >> word) actions.push_back(word);
  }
  return actions;
}

TEST_F(AdminTest, TheManualPageHasEveryCommand) {
  std::stringstream page;
  page << std::ifstream(PD_SOURCE_DIR "/packaging/man/pd-server.8").rdbuf();
  for (const auto& command : commands()) {
    std::string name(command.name);
    const auto actions = actions_in(raw({name, "--help"}).out);
    if (const auto dash = name.find('-'); dash != std::string::npos) name.insert(dash, "\\");
    EXPECT_THAT(page.str(), HasSubstr("\n\\fB" + name));
    for (const auto& action : actions)
      EXPECT_THAT(page.str(), HasSubstr("\n\\fB" + name + " " + action + "\\fR"));
  }
}

}  // namespace
}  // namespace pd::admin
