#include "files/entry.h"

#include <gtest/gtest.h>

namespace pd::files {
namespace {

Entry directory(const std::string& path) {
  return {path, true, 0, {}, false};
}
Entry file(const std::string& path, std::uint64_t size = 1) {
  return {path, false, size, {}, false};
}

TEST(Path, TakesWhatShowsAsItIs) {
  for (const auto* path : {"a", "a/b", ".profile", "..a", "Résumé.pdf", "a b", "x/.pd-part", "a.tar.gz"})
    EXPECT_TRUE(check_path(path)) << path;
}

TEST(Path, RefusesWhatLeavesTheFolderOrLies) {
  const std::string nul("a\0b", 3);
  for (const std::string& path :
       {std::string(), std::string("/etc/passwd"), std::string(".."), std::string("a/../b"), std::string("a/./b"),
        std::string("a//b"), std::string("a/"), std::string("a\\b"), std::string(".pd-part/x"), std::string(".pd-part"),
        std::string("a\nb"), std::string("\x1b[2J"),
        std::string("gpj.\xe2\x80\xae"
                    "exe"),
        std::string(" a"), std::string("a "), std::string("\xff"), nul, std::string(241, 'a')}) {
    const auto fine = check_path(path);
    ASSERT_FALSE(fine) << path;
    EXPECT_EQ(fine.error().rule, "FILE-4");
  }
}

TEST(Path, HasABoundedDepthAndLength) {
  std::string deep = "a";
  for (int i = 1; i < 32; ++i)
    deep += "/a";
  EXPECT_TRUE(check_path(deep));
  EXPECT_FALSE(check_path(deep + "/a"));
  const std::string name(200, 'n');
  EXPECT_FALSE(check_path(name + "/" + name + "/" + name + "/" + name + "/" + name + "/" + name));
}

TEST(WantedName, IsHiddenNowhereInTheFolderItself) {
  EXPECT_EQ(wanted_name("a.txt"), "a.txt");
  EXPECT_EQ(wanted_name("lab/a.txt"), "a.txt");
  EXPECT_EQ(wanted_name(".profile"), "_profile");
  EXPECT_EQ(wanted_name("lab/.profile"), ".profile");
}

TEST(FreeName, CountsBeforeTheExtension) {
  EXPECT_EQ(free_name("a.txt", 0), "a.txt");
  EXPECT_EQ(free_name("a.txt", 1), "a (1).txt");
  EXPECT_EQ(free_name("a.tar.gz", 12), "a.tar (12).gz");
  EXPECT_EQ(free_name("notes", 3), "notes (3)");
  EXPECT_EQ(free_name(".profile", 1), ".profile (1)");
}

TEST(FreeName, IsKnownAgain) {
  for (const std::string name : {"a.txt", "a.tar.gz", "notes", ".profile", "a (1).txt"}) {
    for (const unsigned n : {0U, 1U, 9U, 10U, 9'999U}) {
      EXPECT_TRUE(is_free_name(name, free_name(name, n))) << name << " " << n;
    }
  }
  for (const auto* other : {"b.txt", "a.tx", "a (0).txt", "a (01).txt", "a (1) .txt", "a (1).txt (1)", "a (12345).txt",
                            "a ().txt", "a (1)txt", "a (-1).txt", "a (1", "../a.txt"}) {
    EXPECT_FALSE(is_free_name("a.txt", other)) << other;
  }
}

TEST(EntryList, WantsEveryPathOnceAndItsDirectoryBefore) {
  EntryList list;
  ASSERT_TRUE(list.add({directory("a"), file("a/b")}));
  ASSERT_TRUE(list.add({directory("a/c"), file("a/c/d")}));
  EXPECT_EQ(list.add({file("a/b")}).error().rule, "FILE-5");
  EXPECT_EQ(list.add({file("z/b")}).error().rule, "FILE-5");
  EXPECT_EQ(list.add({file("a/b/c")}).error().rule, "FILE-5");  // in a file
  EXPECT_EQ(std::move(list).finish()->size(), 4U);
}

TEST(EntryList, IsBounded) {
  EntryList list;
  EXPECT_EQ(list.add(std::vector<Entry>(max_entries + 1, file("a"))).error().rule, "FILE-3");
  ASSERT_TRUE(list.add({file("a", max_bytes)}));
  EXPECT_EQ(list.add({file("b", 1)}).error().rule, "FILE-3");
  EXPECT_FALSE(EntryList().finish());
}

TEST(EntryList, HasNotTooManyBytesOfPaths) {
  const std::string folder(235, 'n');
  std::vector<Entry> entries{directory(folder)};
  std::size_t bytes = folder.size();
  while (entries.size() < max_list_bytes / 470) {
    entries.push_back(file(folder + "/" + std::string(229, 'n') + std::to_string(10'000 + entries.size())));
    bytes += entries.back().path.size();
  }
  entries.push_back(file(folder + "/" + std::string(max_list_bytes - bytes - folder.size() - 1, 'a')));
  EntryList list;
  ASSERT_TRUE(list.add(entries));
  EXPECT_EQ(list.add({file("a")}).error().rule, "FILE-3");
}

TEST(ResumeKey, IsOfThePersonAndTheWholeList) {
  const std::vector<Entry> entries{directory("a"), file("a/b", 7)};
  const auto key = resume_key("olivier@example.org", entries);
  EXPECT_EQ(key.size(), 32U);
  EXPECT_EQ(resume_key("olivier@example.org", entries), key);
  EXPECT_NE(resume_key("gordon@blackmesa.us", entries), key);
  auto other = entries;
  other[1].size = 8;
  EXPECT_NE(resume_key("olivier@example.org", other), key);
}

}  // namespace
}  // namespace pd::files
