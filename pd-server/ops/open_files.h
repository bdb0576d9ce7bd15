#pragma once

#include <cstddef>

// How many files and connections this process may have open at a time (RLIMIT_NOFILE).
namespace pd::ops {

// Raises the limit to the most that the process may give itself, and returns it: a shell commonly gives 1,024 of many
// more. (Descriptors over 1,023 are the end of select(2), which nothing here uses.)
std::size_t raise_open_files();

// Of `wanted` connections, as many as `limit` open files allow: some are kept for the database, for other domains and
// for connections that are being refused.
std::size_t connections_within(std::size_t limit, std::size_t wanted);

}  // namespace pd::ops
