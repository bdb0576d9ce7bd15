#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

// A backup is one SQLite file: the database as it was at one moment, and in one more table the domain's private key, so
// that it can be restored by itself.
namespace pd::store::sqlite {

// What a backup holds besides the database itself.
struct BackupContents {
  Domain domain;
  Time made;
  std::vector<std::string> key_records;
  std::string domain_key;  // PEM; whoever reads it wipes it
};

// Whose data is in `data`. Throws Failure.
Domain stored_domain(const std::filesystem::path& data);

// The key records of the database in `data`, of whatever schema, without changing anything. Throws Failure.
std::vector<std::string> stored_key_records(const std::filesystem::path& data);

// Writes a backup of the database in `data`, which may be in use, to `file` (mode 0600). Nothing of that name is there
// before, and it is there only when it is whole, checked and on the disk. What a backup to that place left that was
// killed is removed; two to the same place must not run at once. Throws Failure, ops::FileError.
void write_backup(const std::filesystem::path& data, const std::filesystem::path& file, std::string_view domain_key,
                  Time now);

// Reads and checks a backup. Throws Failure: not a backup, damaged, or of a newer pd-server.
BackupContents read_backup(const std::filesystem::path& file);

// Makes the database in `data`, a directory that has none, from a backup. The sequence of the descriptor jumps ahead,
// since it went on after the backup was made. Throws Failure, ops::FileError.
void restore_database(const std::filesystem::path& file, const std::filesystem::path& data);

}  // namespace pd::store::sqlite
