#include "files/entry.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "identity/encoding.h"
#include "identity/text.h"

namespace pd::files {

using identity::fail;
using identity::Reason;
using identity::Result;

namespace {

constexpr std::size_t key_digits = 32;

Result<void> check_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..") {
    return fail(Reason::malformed, "FILE-4", "a path with an empty name, \".\" or \"..\" in it");
  }
  if (name.size() > max_name_bytes) {
    return fail(Reason::too_large, "FILE-4", "a name is longer than 240 bytes");
  }
  if (name.find('\\') != std::string_view::npos || !identity::is_printable(name)) {
    return fail(Reason::malformed, "FILE-4", "a name that would not show as what it is");
  }
  return {};
}

// A name without its extension.
std::string_view stem_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == 0 ? name : name.substr(0, dot);
}

}  // namespace

std::vector<std::string_view> names_of(std::string_view path) {
  std::vector<std::string_view> names;
  for (;;) {
    const auto slash = path.find('/');
    names.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) {
      return names;
    }
    path.remove_prefix(slash + 1);
  }
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

Result<void> check_path(std::string_view path) {
  if (path.size() > max_path_bytes) {
    return fail(Reason::too_large, "FILE-4", "a path is longer than 1,024 bytes");
  }
  const auto names = names_of(path);
  if (names.size() > max_depth) {
    return fail(Reason::too_large, "FILE-4", "a path is deeper than 32 names");
  }
  if (names.front() == part_folder) {
    return fail(Reason::malformed, "FILE-4", "a path into .pd-part");
  }
  for (const auto name : names) {
    if (auto fine = check_name(name); !fine) {
      return fine;
    }
  }
  return {};
}

std::string wanted_name(std::string_view path) {
  std::string name(names_of(path).back());
  if (name == path && name.front() == '.') {
    name.front() = '_';
  }
  return name;
}

std::string free_name(std::string_view name, unsigned n) {
  if (n == 0) {
    return std::string(name);
  }
  const auto stem = stem_of(name);
  return std::string(stem) + " (" + std::to_string(n) + ")" + std::string(name.substr(stem.size()));
}

bool is_free_name(std::string_view name, std::string_view given) {
  constexpr std::size_t before_number = 2;  // " ("
  const auto at = stem_of(name).size() + before_number;
  unsigned n = 0;
  if (given.size() > at) {
    std::from_chars(given.data() + at, given.data() + given.size(), n);
  }
  return given == name || (n < most_free_names && given == free_name(name, n));
}

Result<void> EntryList::check(const Entry& entry) const {
  if (auto fine = check_path(entry.path); !fine) {
    return fine;
  }
  if (paths_.contains(entry.path)) {
    return fail(Reason::malformed, "FILE-5", "a path is there twice");
  }
  if (const auto parent = parent_of(entry.path); !parent.empty()) {
    const auto above = paths_.find(parent);
    if (above == paths_.end() || !above->second) {
      return fail(Reason::malformed, "FILE-5", "a path in a directory that is no entry before it");
    }
  }
  if (entry.size > max_bytes - bytes_) {
    return fail(Reason::too_large, "FILE-3", "more than 2^53-1 bytes");
  }
  if (entry.path.size() > max_list_bytes - path_bytes_) {
    return fail(Reason::too_large, "FILE-3", "more than 2 MiB of paths");
  }
  return {};
}

Result<void> EntryList::add(std::vector<Entry> entries) {
  if (entries.size() > max_entries - entries_.size()) {
    return fail(Reason::too_large, "FILE-3", "more than 10,000 entries");
  }
  for (auto& entry : entries) {
    if (auto fine = check(entry); !fine) {
      return fine;
    }
    paths_.emplace(entry.path, entry.directory);
    bytes_ += entry.size;
    path_bytes_ += entry.path.size();
    entries_.push_back(std::move(entry));
  }
  return {};
}

Result<std::vector<Entry>> EntryList::finish() && {
  if (entries_.empty()) {
    return fail(Reason::malformed, "FILE-3", "an offer of nothing");
  }
  return std::move(entries_);
}

std::uint64_t total_bytes(const std::vector<Entry>& entries) {
  return std::accumulate(entries.begin(), entries.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Entry& entry) { return sum + entry.size; });
}

std::string resume_key(std::string_view sender, const std::vector<Entry>& entries) {
  constexpr char between = '\0';
  std::string text(sender);
  text += '\n';
  for (const auto& entry : entries) {
    text += entry.path + between + std::to_string(entry.size) + between +
            std::to_string(entry.modified.time_since_epoch().count()) + between + (entry.executable ? '1' : '0') +
            between + (entry.directory ? '1' : '0') + '\n';
  }
  return identity::hex(identity::sha256(identity::bytes_of(text))).substr(0, key_digits);
}

}  // namespace pd::files
