#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "client/town.h"
#include "directory/failure.h"
#include "files/reader.h"
#include "files/trouble.h"
#include "files/writer.h"

namespace pd::files {
namespace {

namespace fs = std::filesystem;
constexpr auto olivier = "olivier@example.org";

void write_file(const fs::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}
std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What one side reads, given to what the other writes, without a session between them.
class ReaderWriter : public testing::Test {
 protected:
  ReaderWriter() {
    fs::create_directories(here());
    fs::create_directories(there());
  }

  fs::path here() const { return folder_.path() / "here"; }
  fs::path there() const { return folder_.path() / "there"; }

  std::vector<Source> sources(const std::vector<std::string>& names) {
    std::vector<fs::path> paths;
    for (const auto& name : names)
      paths.push_back(here() / name);
    return collect(paths, [this](const std::string& what) { left_out.push_back(what); });
  }

  // Carries at most `most` bytes of files, then stops where it is, as when a process is killed.
  void carry(const std::vector<Source>& what, std::uint64_t most = std::uint64_t{1} << 60) {
    Folder folder(there());
    const auto key = Poly1305::random_key();
    Writer writer(folder, olivier, entries_of(what), key);
    Reader reader(1, what);
    taken_up = {1, writer.next(), writer.offset(), key, writer.tag_so_far(), 0};
    ASSERT_TRUE(reader.check(taken_up));
    reader.seek(taken_up);
    session::FrameReader frames;
    bool last = false;
    for (std::uint64_t bytes = 0; !last && bytes < most;) {
      auto batch = reader.next(std::min<std::uint64_t>(most - bytes, 256 * 1024));
      bytes += batch.bytes;
      carried += batch.bytes;
      last = batch.last;
      failed.insert(failed.end(), batch.failed.begin(), batch.failed.end());
      frames.feed(batch.frames);
      while (auto frame = *frames.next())
        take(writer, std::get<session::FeatureFrame>(*frame));
    }
  }

  void take(Writer& writer, session::FeatureFrame& frame) {
    const auto read = read_frame(frame.type, std::move(frame.payload));
    ASSERT_TRUE(read) << read.error().message;
    if (const auto* data = std::get_if<Data>(&*read)) {
      writer.write(data->bytes());
    } else if (const auto* begin = std::get_if<Begin>(&*read)) {
      writer.begin(begin->offset);
    } else if (const auto* end = std::get_if<End>(&*read)) {
      end->error.empty() ? writer.finish(lie.value_or(end->tag)) : writer.skip();
    }
  }

  std::size_t parts() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(there() / part_folder), {}));
  }

  pd::test::Folder folder_;
  std::vector<std::string> left_out;
  std::vector<std::string> failed;
  Accept taken_up{};
  std::uint64_t carried = 0;
  std::optional<Poly1305::Tag> lie;
};

TEST_F(ReaderWriter, FilesAndDirectoriesArriveAsTheyAre) {
  fs::create_directories(here() / "lab/empty");
  write_file(here() / "lab/run.sh", "#!/bin/sh\n");
  fs::permissions(here() / "lab/run.sh", fs::perms::owner_all);
  write_file(here() / "lab/nothing", "");
  const std::string large(3'000'000, 'x');
  write_file(here() / "large", large);
  carry(sources({"lab", "large"}));
  EXPECT_TRUE(fs::is_directory(there() / "lab/empty"));
  EXPECT_EQ(read_file(there() / "lab/run.sh"), "#!/bin/sh\n");
  EXPECT_NE(fs::status(there() / "lab/run.sh").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(fs::status(there() / "large").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(fs::file_size(there() / "lab/nothing"), 0U);
  EXPECT_EQ(read_file(there() / "large"), large);
  EXPECT_EQ(parts(), 0U);
  struct stat a {
  }, b{};
  ASSERT_EQ(::stat((here() / "large").c_str(), &a) + ::stat((there() / "large").c_str(), &b), 0);
  EXPECT_EQ(a.st_mtime, b.st_mtime);
}

TEST_F(ReaderWriter, NothingIsOverwritten) {
  write_file(here() / "a.txt", "new");
  write_file(there() / "a.txt", "old");
  fs::create_directories(here() / "d");
  write_file(here() / "d/x", "inside");
  write_file(there() / "d", "in the way");
  carry(sources({"a.txt", "d"}));
  EXPECT_EQ(read_file(there() / "a.txt"), "old");
  EXPECT_EQ(read_file(there() / "a (1).txt"), "new");
  EXPECT_EQ(read_file(there() / "d"), "in the way");
  EXPECT_EQ(read_file(there() / "d (1)/x"), "inside");
}

TEST_F(ReaderWriter, NothingIsHiddenInTheFolderItself) {
  write_file(here() / ".profile", "commands");
  fs::create_directories(here() / ".ssh/.inner");
  write_file(here() / ".ssh/.inner/keys", std::string(500'000, 'k'));
  const auto what = sources({".profile", ".ssh"});
  carry(what, 400'000);
  carry(what);
  EXPECT_EQ(carried, 8U + 500'000U) << "what was there was known again";
  EXPECT_EQ(read_file(there() / "_profile"), "commands");
  EXPECT_EQ(fs::file_size(there() / "_ssh/.inner/keys"), 500'000U);
  EXPECT_FALSE(fs::exists(there() / ".profile"));
  EXPECT_FALSE(fs::exists(there() / ".ssh"));
}

TEST_F(ReaderWriter, GoesOnWhereItStopped) {
  std::string large;
  for (int i = 0; large.size() < 2'000'000; ++i)
    large += std::to_string(i);
  write_file(here() / "first", "first");
  write_file(here() / "large", large);
  const auto what = sources({"first", "large"});
  carry(what, 1'200'000);
  EXPECT_FALSE(fs::exists(there() / "large"));
  EXPECT_EQ(carried, 1'200'000U);
  carry(what);
  EXPECT_EQ(taken_up.next, 1U);
  EXPECT_EQ(taken_up.offset, 1'200'000U - 5);
  EXPECT_EQ(carried, large.size() + 5);  // nothing twice
  EXPECT_EQ(read_file(there() / "large"), large);
  EXPECT_FALSE(fs::exists(there() / "first (1)"));
}

TEST_F(ReaderWriter, GoesOnWhereTheLongestNameWasTaken) {
  const std::string name(max_name_bytes, 'n');
  fs::create_directories(here() / name);
  write_file(here() / name / "a", "first");
  write_file(here() / name / "b", "second");
  fs::create_directories(there() / name);
  const auto what = sources({name});
  carry(what, 7);
  carry(what);
  EXPECT_EQ(taken_up.next, 2U);
  EXPECT_EQ(read_file(there() / (name + " (1)") / "a"), "first");
  EXPECT_EQ(read_file(there() / (name + " (1)") / "b"), "second");
  EXPECT_FALSE(fs::exists(there() / (name + " (2)")));
}

TEST_F(ReaderWriter, AStateThatNamesSomethingElseCountsForNothing) {
  fs::create_directories(here() / "d");
  write_file(here() / "d/a", "first");
  write_file(here() / "d/b", "second");
  fs::create_directories(there() / "mine");
  const auto what = sources({"d"});
  carry(what, 7);
  for (const auto& file : fs::directory_iterator(there() / part_folder)) {
    if (file.path().extension() == ".state") {
      write_file(file.path(), "\"mine\"\n\"a\"\n");
    }
  }
  carry(what);
  EXPECT_TRUE(fs::is_empty(there() / "mine"));
  EXPECT_EQ(read_file(there() / "d (1)/b"), "second");
}

TEST_F(ReaderWriter, APartThatIsNotTheSameIsSentAgain) {
  const std::string large(1'000'000, 'x');
  write_file(here() / "large", large);
  const auto what = sources({"large"});
  carry(what, 600'000);
  for (const auto& part : fs::directory_iterator(there() / part_folder))
    if (part.path().extension() == ".data") write_file(part.path(), std::string(600'000, 'y'));
  carry(what);
  EXPECT_EQ(carried, 1'600'000U);
  EXPECT_EQ(read_file(there() / "large"), large);
}

TEST_F(ReaderWriter, AnAcceptPointsAtAFileOrTheEnd) {
  write_file(here() / "a", "content");
  fs::create_directories(here() / "lab");
  const Reader reader(1, sources({"lab", "a"}));
  const auto points = [&](std::uint64_t next, std::uint64_t offset) {
    return reader.check({1, next, offset, {}, {}, 0}).has_value();
  };
  EXPECT_FALSE(points(0, 0));  // a directory
  EXPECT_TRUE(points(1, 0));
  EXPECT_TRUE(points(1, 7));
  EXPECT_FALSE(points(1, 8));
  EXPECT_TRUE(points(2, 0));
  EXPECT_FALSE(points(2, 1));
  EXPECT_FALSE(points(3, 0));
}

TEST_F(ReaderWriter, WhatHasAnotherTagGetsNoName) {
  write_file(here() / "a", "content");
  lie = Poly1305::Tag{};
  try {
    carry(sources({"a"}));
    FAIL() << "it was taken";
  } catch (const Trouble& trouble) {
    EXPECT_EQ(trouble.reason(), "damaged");
  }
  EXPECT_FALSE(fs::exists(there() / "a"));
}

TEST_F(ReaderWriter, AFileThatChangesIsNotShownAsDone) {
  write_file(here() / "a", "as it was");
  write_file(here() / "b", "as it is");
  write_file(here() / "c", "gone");
  const auto what = sources({"a", "b", "c"});
  write_file(here() / "a", "it is longer now");
  fs::remove(here() / "c");
  carry(what);
  EXPECT_EQ(failed.size(), 2U);
  EXPECT_FALSE(fs::exists(there() / "a"));
  EXPECT_EQ(read_file(there() / "b"), "as it is");
  EXPECT_EQ(parts(), 0U);
}

TEST_F(ReaderWriter, NoSymbolicLinkLeadsOutOfTheFolder) {
  const auto outside = folder_.path() / "outside";
  fs::create_directories(outside);
  fs::create_directories(here() / "d");
  write_file(here() / "d/x", "inside");
  write_file(here() / "a", "mine");
  fs::create_directory_symlink(outside, there() / "d");
  fs::create_symlink(outside / "planted", there() / "a");
  carry(sources({"d", "a"}));
  EXPECT_TRUE(fs::is_empty(outside));
  EXPECT_EQ(read_file(there() / "d (1)/x"), "inside");
  EXPECT_EQ(read_file(there() / "a (1)"), "mine");
}

TEST_F(ReaderWriter, APartFolderThatIsALinkIsNotUsed) {
  const auto outside = folder_.path() / "outside";
  fs::create_directories(outside);
  fs::create_directory_symlink(outside, there() / part_folder);
  EXPECT_THROW(Folder{there()}, Trouble);
}

TEST_F(ReaderWriter, LinksInADirectoryAreLeftOut) {
  fs::create_directories(here() / "d");
  fs::create_symlink("/etc/passwd", here() / "d/link");
  write_file(here() / "d/x", "x");
  EXPECT_EQ(sources({"d"}).size(), 2U);
  EXPECT_EQ(left_out.size(), 1U);
}

TEST_F(ReaderWriter, NamesThatCannotBeSentAreRefusedAtOnce) {
  write_file(here() / "a\nb", "x");
  EXPECT_THROW(sources({"a\nb"}), directory::Failure);
  EXPECT_THROW(sources({"missing"}), directory::Failure);
}

TEST_F(ReaderWriter, TwoOfOneNameGetDifferentOnes) {
  fs::create_directories(here() / "d");
  write_file(here() / "d/a.txt", "1");
  write_file(here() / "a.txt", "2");
  const auto what = sources({"d/a.txt", "a.txt"});
  EXPECT_EQ(what[1].entry.path, "a (1).txt");
}

TEST_F(ReaderWriter, TwoProcessesDoNotWriteTheSame) {
  write_file(here() / "a", std::string(100, 'x'));
  const auto entries = entries_of(sources({"a"}));
  Folder folder(there());
  const Writer one(folder, olivier, entries, Poly1305::random_key());
  try {
    const Writer two(folder, olivier, entries, Poly1305::random_key());
    FAIL() << "both write";
  } catch (const Trouble& trouble) {
    EXPECT_EQ(trouble.reason(), "busy");
  }
}

TEST_F(ReaderWriter, SendsNoListThatIsTooLong) {
  const std::string name(230, 'n');
  const auto folder = fs::path(name) / name / name / name;  // of 923 bytes
  fs::create_directories(here() / folder);
  for (std::size_t i = 0; i < max_list_bytes / 933; ++i)
    write_file(here() / folder / std::to_string(100'000'000 + i), "");
  EXPECT_THROW(sources({name}), directory::Failure);  // with the folders it is more
  fs::remove(here() / folder / "100000000");
  fs::remove(here() / folder / "100000001");
  fs::remove(here() / folder / "100000002");
  EntryList list;
  EXPECT_TRUE(list.add(entries_of(sources({name}))));
}

TEST_F(ReaderWriter, MoreThanFourGigabytesAreNoBoundary) {
  constexpr std::uint64_t size = (std::uint64_t{4} << 30) + 100'000;
  write_file(here() / "sparse", "begin");
  fs::resize_file(here() / "sparse", size);
  const auto what = sources({"sparse"});
  {
    Folder folder(there());
    const Writer makes_part(folder, olivier, entries_of(what), Poly1305::random_key());
  }
  for (const auto& part : fs::directory_iterator(there() / part_folder))
    if (part.path().extension() == ".data") {  // all but the end is there
      write_file(part.path(), "begin");
      fs::resize_file(part.path(), size - 50'000);
    }
  carry(what);
  EXPECT_EQ(taken_up.offset, size - 50'000);
  EXPECT_EQ(carried, 50'000U);
  EXPECT_EQ(fs::file_size(there() / "sparse"), size);
}

}  // namespace
}  // namespace pd::files
