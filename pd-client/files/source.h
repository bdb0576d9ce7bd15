#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "files/entry.h"

namespace pd::files {

// Something to send, and where it is.
struct Source {
  Entry entry;
  std::filesystem::path file;
};

// What is left out of a directory, and why: for people.
using OnLeftOut = std::function<void(const std::string& what)>;

// The files and directories that a person named, with all that is in the directories, in the order of FILE-5. A
// symbolic link that was named is followed; one in a directory is left out, as is what is neither file nor directory.
// Two of one name get different ones. Throws directory::Failure: there is no such file, it may not be read, its name
// cannot be sent (FILE-4), too many of them.
std::vector<Source> collect(const std::vector<std::filesystem::path>& named, const OnLeftOut& left_out);

// What is offered of them.
std::vector<Entry> entries_of(const std::vector<Source>& sources);

}  // namespace pd::files
