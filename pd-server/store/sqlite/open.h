#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "identity/address.h"
#include "store/store.h"

namespace pd::store::sqlite {

// How much is kept of what others say; the oldest goes first. Of answers, one domain may have a sixteenth of it
// (FED-18).
struct CacheBound {
  std::uint64_t rows;
  std::uint64_t bytes;
};

struct Options {
  // Whose data it is. Recorded in a new database, compared with an old one; none takes what is recorded.
  std::optional<identity::Domain> domain;
  // Make the directory (mode 0700) and the database (0600) when they are not there. Otherwise their absence is a
  // failure.
  bool create = false;
  unsigned readers = 2;
  std::size_t most_waiting = 10'000;  // reads, and writes, before callers are told Busy
  CacheBound remote_domains{50'000, 256ull << 20};
  CacheBound remote_answers{100'000, 1024ull << 20};
};

// The database file of a data directory.
std::filesystem::path database_file(const std::filesystem::path& data);

// Makes a data directory with mode 0700, and what is above it, unless it is there. Throws Failure; also when
// others than its owner may write to it.
void make_directory(const std::filesystem::path& data);

// The database file, which exists. Throws Failure.
std::filesystem::path existing_database(const std::filesystem::path& data);

// Opens the database in `data`. Several processes may have it open at once. Throws
// Failure: not there, not ours, of another domain, of another schema, or in a directory that others may write to.
//
// The store must be destroyed before the executors of coroutines that use it: its destructor finishes what waits and
// hands the results to them.
std::unique_ptr<Store> open(const std::filesystem::path& data, Options options);

}  // namespace pd::store::sqlite
