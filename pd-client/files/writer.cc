#include "files/writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>

#include "files/trouble.h"
#include "identity/json.h"

namespace pd::files {

using identity::Json;

namespace {

constexpr std::chrono::seconds part_life{7 * 24 * 3600};
constexpr std::uint64_t flush_every = 32 * 1024 * 1024;  // so that the disk is not idle until the end
constexpr std::size_t buffer_bytes = 256 * 1024;
constexpr std::size_t max_state_bytes = 4 * 1024 * 1024;
constexpr unsigned file_mode = 0666;  // less the umask
constexpr unsigned program_mode = 0777;
constexpr unsigned state_mode = 0600;

// Writes all of it, wherever the file is.
void write_whole(const Descriptor& file, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const auto size = ::write(file.get(), bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR) {
      throw disk_trouble(what);
    }
    bytes.remove_prefix(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
}

std::string read_whole(const Descriptor& file) {
  std::string text;
  std::array<char, 64 * 1024> buffer;
  ssize_t size = 0;
  while (text.size() < max_state_bytes && (size = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  if (size < 0) {
    throw disk_trouble("cannot read what was received before");
  }
  return text;
}

}  // namespace

Writer::Writer(const Folder& folder, std::string_view sender, std::vector<Entry> entries, const Poly1305::Key& key)
    : folder_(folder), entries_(std::move(entries)), key_(resume_key(sender, entries_)), sum_(key) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].directory) {
      directories_.emplace(entries_[i].path, i);
    }
  }
  folder_.remove_old_parts(part_life);
  lock();
  take_up();
  make_directories();
  take_up_part();
  if (folder_.room() < total_bytes(entries_) - kept_) {
    throw Trouble("space", "there is not enough room on the disk");
  }
}

void Writer::lock() {
  state_ = folder_.open_part(state_name(), state_mode);
  if (::flock(state_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Trouble("busy", "another pdctl is receiving it");
  }
}

// Reads the state file (FILE-17); a last line without its end is cut off.
void Writer::take_up() {
  const auto text = read_whole(state_);
  std::size_t begin = 0;
  while (names_.size() < entries_.size()) {
    const auto end = text.find('\n', begin);
    if (end == std::string::npos) {
      break;
    }
    const auto line = Json::parse(text.substr(begin, end - begin), nullptr, false);
    const bool name =
        line.is_string() && is_free_name(wanted_name(entries_[names_.size()].path), line.get_ref<const std::string&>());
    if (!name && !line.is_null()) {
      break;
    }
    names_.push_back(name ? Name(line.get<std::string>()) : Name());
    kept_ += entries_[names_.size() - 1].size;
    begin = end + 1;
  }
  if (::ftruncate(state_.get(), static_cast<off_t>(begin)) != 0 || ::lseek(state_.get(), 0, SEEK_END) < 0) {
    throw disk_trouble("cannot write what was received");
  }
}

// Opens the file that is not whole, and adds what is there to the sum.
void Writer::take_up_part() {
  sum_.restart();
  offset_ = 0;
  flushed_ = 0;
  if (next() == entries_.size()) {
    return settle();
  }
  const auto& entry = entries_[next()];
  data_ = folder_.open_part(data_name(), entry.executable ? program_mode : file_mode);
  std::string buffer(buffer_bytes, '\0');
  while (offset_ < entry.size) {
    const auto want = std::min<std::uint64_t>(buffer.size(), entry.size - offset_);
    const auto size = ::pread(data_.get(), buffer.data(), want, static_cast<off_t>(offset_));
    if (size < 0 && errno != EINTR) {
      throw disk_trouble("cannot read what was received before");
    }
    if (size == 0) {
      break;
    }
    const auto got = static_cast<std::size_t>(std::max<ssize_t>(0, size));
    sum_.add({buffer.data(), got});
    offset_ += got;
  }
  kept_ += offset_;
}

void Writer::begin(std::uint64_t offset) {
  if (offset != offset_) {
    sum_.restart();
    offset_ = 0;
  }
  flushed_ = offset_;
  if (::ftruncate(data_.get(), static_cast<off_t>(offset_)) != 0 ||
      ::lseek(data_.get(), static_cast<off_t>(offset_), SEEK_SET) < 0) {
    throw disk_trouble("cannot write " + entries_[next()].path);
  }
}

void Writer::write(std::string_view bytes) {
  write_whole(data_, bytes, "cannot write " + entries_[next()].path);
  sum_.add(bytes);
  offset_ += bytes.size();
  if (offset_ - flushed_ >= flush_every) {
    ::sync_file_range(data_.get(), static_cast<off_t>(flushed_), static_cast<off_t>(offset_ - flushed_),
                      SYNC_FILE_RANGE_WRITE);
    flushed_ = offset_;
  }
}

void Writer::finish(const Poly1305::Tag& tag) {
  const auto& entry = entries_[next()];
  if (offset_ != entry.size || sum_.so_far() != tag) {
    data_.reset();
    folder_.remove_part(data_name());
    throw Trouble("damaged", entry.path + " has not arrived as it was sent");
  }
  const timespec time{static_cast<time_t>(entry.modified.time_since_epoch().count()), 0};
  const timespec times[] = {time, time};
  if (::futimens(data_.get(), times) != 0 || ::fsync(data_.get()) != 0) {
    throw disk_trouble("cannot keep " + entry.path);
  }
  const auto place = place_of(entry.path);
  const auto parent = folder_.open_directory({place.begin(), place.end() - 1});
  note(folder_.place(data_name(), parent, place.back()));
  make_directories();
  take_up_part();
}

void Writer::skip() {
  data_.reset();
  folder_.remove_part(data_name());
  note({});
  make_directories();
  take_up_part();
}

void Writer::make_directories() {
  while (next() < entries_.size() && entries_[next()].directory) {
    const auto place = place_of(entries_[next()].path);
    const auto parent = folder_.open_directory({place.begin(), place.end() - 1});
    note(Folder::make_directory(parent, place.back()));
  }
}

void Writer::note(Name name) {
  const auto line = (name ? Json(*name) : Json(nullptr)).dump() + "\n";
  names_.push_back(std::move(name));
  write_whole(state_, line, "cannot write what was received");
}

// All of it is there: nothing is left that would be taken up.
void Writer::settle() {
  data_.reset();
  folder_.remove_part(data_name());
  folder_.remove_part(state_name());
}

// The names of a path, with those that its directories were given; the last is the one that is wanted.
std::vector<std::string> Writer::place_of(std::string_view path) const {
  const auto parent = parent_of(path);
  std::vector<std::string> names;
  if (!parent.empty()) {
    names = place_of(parent);
    names.back() = names_[directories_.at(parent)].value_or(names.back());
  }
  names.push_back(wanted_name(path));
  return names;
}

std::optional<std::string> Writer::placed_at(std::size_t entry) const {
  const auto& name = names_.at(entry);
  if (!name) {
    return {};
  }
  auto names = place_of(entries_[entry].path);
  names.back() = *name;
  std::string path;
  for (const auto& part : names) {
    path += (path.empty() ? "" : "/") + part;
  }
  return path;
}

}  // namespace pd::files
