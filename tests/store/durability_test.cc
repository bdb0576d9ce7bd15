#include <array>
#include <csignal>
#include <cstdio>

#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

namespace pd::store::test {
namespace {

class DurabilityTest : public StoreSuite {};
FOR_EVERY_BACKEND(DurabilityTest);

TEST_P(DurabilityTest, EverythingIsThereAfterReopening) {
  const Append first = create("olivier");
  append(*store, first);
  append(*store, next(first, "second"));
  append(*store, create("alice"));
  wait(store->tombstone(name("alice"), at(1)));
  wait(store->reserve(name("root"), at(1)));
  wait(store->put_endpoint(name("olivier"), {"laptop", "record", at(100)}, at(0)));
  wait(store->put_remote_domain(*Domain::parse("blackmesa.us"), {"descriptor", at(1)}));
  wait(store->put_remote_answer(*Address::parse("gordon@blackmesa.us"), {"resolution", at(1), at(2)}));
  wait(store->put_remote_list("https://example.net/list", "list"));
  wait(store->put_domain_key_records({"record"}));
  const Invite invite = wait(store->create_invite(1, at(0), at(100), "note"));
  reopen();

  EXPECT_EQ(find(*store, "olivier").record->operations.size(), 2u);
  EXPECT_EQ(find(*store, "alice").state, NameState::tombstoned);
  EXPECT_EQ(find(*store, "root").state, NameState::reserved);
  EXPECT_EQ(wait(store->endpoints(name("olivier"), at(0))).size(), 1u);
  EXPECT_TRUE(wait(store->remote_domain(*Domain::parse("blackmesa.us"))));
  EXPECT_TRUE(wait(store->remote_answer(*Address::parse("gordon@blackmesa.us"))));
  EXPECT_TRUE(wait(store->remote_list("https://example.net/list")));
  EXPECT_EQ(wait(store->domain_key_records()).size(), 1u);
  EXPECT_EQ(wait(store->invites()).at(0).id, invite.id);
}

// A registrar in a process of its own.
class Registrar {
 public:
  Registrar(const std::string& backend, const std::string& location, int start) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    const std::string from = std::to_string(start);
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execl(STORE_REGISTRAR, STORE_REGISTRAR, backend.c_str(), location.c_str(), from.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
  }
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;
  ~Registrar() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    std::fclose(out_);
  }

  // The numbers that are acknowledged until there are `enough` of them, and those that were said before the kill was
  // felt. A number is written whole, by one call.
  std::vector<int> kill_after(std::size_t enough) {
    std::vector<int> acknowledged;
    for (int n = 0; std::fscanf(out_, "%d", &n) == 1;) {
      acknowledged.push_back(n);
      if (acknowledged.size() == enough) kill(child_, SIGKILL);
    }
    return acknowledged;
  }

 private:
  pid_t child_;
  std::FILE* out_;
};

TEST_P(DurabilityTest, WhatWasAcknowledgedSurvivesAKill) {
  store.reset();
  std::vector<int> acknowledged;
  for (int round = 0; round < 10; ++round) {
    Registrar registrar(GetParam(), backend->location(), round * 1'000'000);
    const auto more = registrar.kill_after(20 + static_cast<std::size_t>(round) * 17);
    ASSERT_GE(more.size(), 20u) << "the registrar died by itself";
    acknowledged.insert(acknowledged.end(), more.begin(), more.end());
  }
  store = backend->open();
  for (const int n : acknowledged) {
    const std::string local = "name" + std::to_string(n);
    const Lookup lookup = find(*store, local);
    ASSERT_EQ(lookup.state, NameState::taken) << local;
    EXPECT_EQ(lookup.record->operations, std::vector<std::string>{create(local).operation});
  }
}

}  // namespace
}  // namespace pd::store::test
