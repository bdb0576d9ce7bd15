#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pd::directory {

// Files that only their owner may read. Every function throws Failure, naming the file and what the system said.

// Makes the directory, mode 0700, and its parents. Refuses one that belongs to others or that others may enter.
void make_private_directory(const std::filesystem::path& path);

// Replaces `file` by `content`, mode 0600: afterwards it is whole and on the disk; after a crash it is the old or the
// new one. One writer of a file at a time (HomeLock).
void write_private_file(const std::filesystem::path& file, std::string_view content);

// As write_private_file(), where nothing of that name may be there yet: false when there is, and nothing is changed.
bool write_new_private_file(const std::filesystem::path& file, std::string_view content);

// Whether write_new_private_file() would find its name free: makes an empty file there and removes it again.
bool can_write_new_private_file(const std::filesystem::path& file);

// The content, or nothing when there is no such file. Fails on more than `max_bytes`.
std::optional<std::string> read_file(const std::filesystem::path& file, std::size_t max_bytes);

// Removes it durably; a file that is not there is no failure.
void remove_file(const std::filesystem::path& file);

// Renames within one file system, durably, over what was there.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace pd::directory
