#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "files/descriptor.h"
#include "files/entry.h"
#include "files/folder.h"
#include "files/poly1305.h"

namespace pd::files {

// Writes what one person sends into the folder, and goes on where an earlier session or process stopped (FILE-14 …
// FILE-17). What is whole stays whole whenever the process ends. Blocks; one thread at a time. Everything throws
// Trouble.
class Writer {
 public:
  // Takes up what there is of that offer, and adds the part of a file to the sum under `key` (FILE-8). Throws Trouble
  // with reason `busy` when another process is receiving it.
  Writer(const Folder& folder, std::string_view sender, std::vector<Entry> entries, const Poly1305::Key& key);

  // What is missing first: a file, or the end (FILE-8).
  std::size_t next() const { return names_.size(); }
  std::uint64_t offset() const { return offset_; }  // how much of it is there
  Poly1305::Tag tag_so_far() const { return sum_.so_far(); }
  std::uint64_t bytes_kept() const { return kept_; }  // of files, when it was taken up
  const std::vector<Entry>& entries() const { return entries_; }

  // The file next() begins at `offset`: 0 or offset().
  void begin(std::uint64_t offset);
  void write(std::string_view bytes);
  // It is whole: checks the tag, makes it durable, gives it its name. Throws Trouble with reason `damaged`.
  void finish(const Poly1305::Tag& tag);
  // The sender cannot send it.
  void skip();

  // The path of an entry that is done, below the folder; nothing for one that was skipped.
  std::optional<std::string> placed_at(std::size_t entry) const;

 private:
  using Name = std::optional<std::string>;

  void lock();
  void take_up();
  void take_up_part();
  void note(Name name);
  void make_directories();
  void settle();
  std::string data_name() const { return key_ + ".data"; }
  std::string state_name() const { return key_ + ".state"; }
  std::vector<std::string> place_of(std::string_view path) const;

  const Folder& folder_;
  const std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::size_t> directories_;  // by their paths, which are those of entries_
  const std::string key_;
  Descriptor state_;
  Descriptor data_;
  std::vector<Name> names_;  // that the entries which are done were given
  Poly1305 sum_;             // of what is there of the file
  std::uint64_t offset_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t flushed_ = 0;  // bytes of the file that are on their way to the disk
};

}  // namespace pd::files
