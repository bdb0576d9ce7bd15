#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "identity/result.h"
#include "identity/time.h"

// What is offered, and the names that are allowed in it (schema/spec/files.md). Pure.
namespace pd::files {

inline constexpr std::size_t max_entries = 10'000;
inline constexpr std::size_t max_path_bytes = 1'024;
inline constexpr std::size_t max_list_bytes = 2 * 1024 * 1024;  // of all paths
inline constexpr std::size_t max_name_bytes = 240;
inline constexpr std::size_t max_depth = 32;
inline constexpr std::uint64_t max_bytes = (std::uint64_t{1} << 53) - 1;
inline constexpr std::string_view part_folder = ".pd-part";

// A file or a directory of an offer (FILE-3).
struct Entry {
  std::string path;
  bool directory = false;
  std::uint64_t size = 0;
  identity::Time modified{};
  bool executable = false;
  bool operator==(const Entry&) const = default;
};

// Fails with malformed or too_large (FILE-4) when nothing may be called that.
identity::Result<void> check_path(std::string_view path);

// The names that a path is made of.
std::vector<std::string_view> names_of(std::string_view path);
// The path of the directory it is in; empty for the folder itself.
std::string_view parent_of(std::string_view path);

// What has this path is called that where it is written, if it is free: as it was sent, but not hidden in the folder
// itself (FILE-15).
std::string wanted_name(std::string_view path);
// "a.tar (2).gz" for "a.tar.gz" and 2; the name itself for 0 (FILE-15).
std::string free_name(std::string_view name, unsigned n);
inline constexpr unsigned most_free_names = 10'000;  // tried, before there is none
// Whether `given` is one of them.
bool is_free_name(std::string_view name, std::string_view given);

// A list of entries as it comes in, frame by frame, held to FILE-3, FILE-4 and FILE-5.
class EntryList {
 public:
  identity::Result<void> add(std::vector<Entry> entries);
  // The whole list, when the last frame has come: fails when it is empty.
  identity::Result<std::vector<Entry>> finish() &&;

 private:
  identity::Result<void> check(const Entry& entry) const;
  std::vector<Entry> entries_;
  std::map<std::string, bool, std::less<>> paths_;  // whether it is a directory
  std::uint64_t bytes_ = 0;
  std::size_t path_bytes_ = 0;
};

// The sum of the sizes.
std::uint64_t total_bytes(const std::vector<Entry>& entries);

// Under which an offer of that person is resumed (FILE-17).
std::string resume_key(std::string_view sender, const std::vector<Entry>& entries);

}  // namespace pd::files
