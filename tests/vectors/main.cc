// Runs each file of schema/vectors as a test of its own, and sees that none is left out.
#include <algorithm>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

#include "vector.h"

namespace pd::vectors {
namespace {

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (const auto group : {agent_kinds(), base_kinds(), call_kinds(), chain_kinds(), file_kinds(), reach_kinds(),
                           session_kinds(), signature_kinds(), stun_answer_kinds(), stun_request_kinds()})
    kinds.insert(kinds.end(), group.begin(), group.end());
  return kinds;
}

// How many vectors of a kind were accepted and refused, as they should.
struct Count {
  int accepted = 0;
  int refused = 0;
};

struct Suite {
  std::vector<Kind> kinds = all_kinds();
  std::set<std::string> rules;
  std::map<std::string, Count> counts;

  const Kind* find(const std::string& name) const {
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return kind.name == name; });
    return found == kinds.end() ? nullptr : &*found;
  }
};

class VectorTest : public testing::Test {
 public:
  VectorTest(Suite& suite, Vector vector) : suite_(suite), vector_(std::move(vector)) {}

  void TestBody() override {
    const Kind* kind = suite_.find(vector_.kind);
    ASSERT_NE(kind, nullptr) << vector_.file << ": nobody reads vectors of the kind \"" << vector_.kind << "\"";
    bool is_refused = false;
    const std::string wrong = check(vector_, *kind, suite_.rules, is_refused);
    EXPECT_EQ(wrong, "") << vector_.file;
    ++(is_refused ? suite_.counts[vector_.kind].refused : suite_.counts[vector_.kind].accepted);
  }

 private:
  Suite& suite_;
  Vector vector_;
};

// After all the others: a kind without vectors of both sorts shows nothing.
class CompletenessTest : public testing::Test {
 public:
  explicit CompletenessTest(Suite& suite) : suite_(suite) {}

  void TestBody() override {
    for (const Kind& kind : suite_.kinds) {
      const Count count = suite_.counts[std::string(kind.name)];
      EXPECT_GT(count.accepted, 0) << kind.name << ": no vector that is accepted";
      EXPECT_GT(count.refused, 0) << kind.name << ": no vector that is refused";
    }
  }

 private:
  Suite& suite_;
};

// schema/README.md is the way in: what it does not name, nobody finds.
class IndexTest : public testing::Test {
 public:
  IndexTest(Suite& suite, std::filesystem::path schema) : suite_(suite), schema_(std::move(schema)) {}

  void TestBody() override {
    const std::string index = read_file(schema_ / "README.md");
    for (const auto& page : std::filesystem::directory_iterator(schema_ / "spec")) {
      const std::string link = "(spec/" + page.path().filename().string() + ")";
      EXPECT_NE(index.find(link), std::string::npos) << "README.md does not name " << page.path();
    }
    for (const Kind& kind : suite_.kinds) {
      const std::string link = "(vectors/" + std::string(kind.name) + ")";
      EXPECT_NE(index.find(link), std::string::npos) << "README.md does not name the vectors of " << kind.name;
    }
  }

 private:
  Suite& suite_;
  std::filesystem::path schema_;
};

void register_tests(Suite& suite, const std::filesystem::path& schema) {
  suite.rules = rules_in(schema / "spec");
  for (const Vector& vector : find_vectors(schema / "vectors")) {
    testing::RegisterTest(vector.kind.c_str(), vector.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&suite, vector]() -> testing::Test* { return new VectorTest(suite, vector); });
  }
  testing::RegisterTest("every kind", "has vectors", nullptr, nullptr, __FILE__, __LINE__,
                        [&suite]() -> testing::Test* { return new CompletenessTest(suite); });
  testing::RegisterTest("every page", "is in the index", nullptr, nullptr, __FILE__, __LINE__,
                        [&suite, schema]() -> testing::Test* { return new IndexTest(suite, schema); });
}

}  // namespace
}  // namespace pd::vectors

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count != 2) {
    std::cerr << "usage: test_vectors SCHEMA-DIRECTORY\n";
    return 2;
  }
  pd::vectors::Suite suite;
  pd::vectors::register_tests(suite, arguments[1]);
  return RUN_ALL_TESTS();
}
