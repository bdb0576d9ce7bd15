#include "command/downloads.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "files/entry.h"

namespace pd::command {

using directory::VerifiedPeer;

namespace {

constexpr std::size_t names_shown = 5;               // AGT-23
constexpr std::chrono::seconds between_progress{1};  // AGT-26
constexpr int files_at_once = 16;                    // AGT-26
constexpr std::chrono::seconds files_again{1};

std::string default_folder() {
  for (const auto& [variable, below] : {std::pair{"XDG_DOWNLOAD_DIR", ""}, std::pair{"HOME", "/Downloads"}}) {
    const char* const value = std::getenv(variable);
    if (value != nullptr && *value == '/') {
      return std::string(value) + below;
    }
  }
  return ".";
}

Downloads::Policy policy_of(const DownloadOptions& options, Downloads::Policy otherwise) {
  const auto& who = options.accept_files;
  return who == "anyone"     ? Downloads::Policy::anyone
         : who == "ask"      ? Downloads::Policy::ask
         : who == "contacts" ? Downloads::Policy::contacts
         : who == "nobody"   ? Downloads::Policy::nobody
                             : otherwise;
}

std::size_t count_files(const std::vector<files::Entry>& entries) {
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [](const auto& entry) { return !entry.directory; }));
}

// The first names at the top.
std::vector<std::string> names_in(const std::vector<files::Entry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (names.size() < names_shown && files::parent_of(entry.path).empty()) {
      names.push_back(entry.path + (entry.directory ? "/" : ""));
    }
  }
  return names;
}

std::string key_of(const files::Delivery& delivery) {
  return files::resume_key(delivery.sender().address().text(), delivery.entries());
}

}  // namespace

void declare_downloads(CLI::App& app, DownloadOptions& options, const std::string& otherwise) {
  app.add_option("--downloads", options.folder, "where files go (default: $XDG_DOWNLOAD_DIR, or Downloads at home)")
      ->type_name("DIR");
  app.add_option("--accept-files", options.accept_files,
                 "whose files are taken: nobody, contacts, ask or anyone (default: " + otherwise + ")")
      ->type_name("WHO")
      ->check(CLI::IsMember({"nobody", "contacts", "ask", "anyone"}));
}

Downloads::Downloads(Parts parts)
    : folder_(std::filesystem::absolute(parts.options.folder.empty() ? default_folder() : parts.options.folder)),
      policy_(policy_of(parts.options, parts.otherwise)),
      is_contact_(std::move(parts.is_contact)),
      on_event_(std::move(parts.on_event)),
      accepted_(parts.context.home().path() / "files.db", parts.context.clock()),
      disk_(parts.executor),
      receiver_(disk_, *this) {}

std::vector<agent::Transfer> Downloads::list() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<agent::Transfer> transfers;
  for (auto& [number, item] : items_) {
    note_progress(item, now);
    transfers.push_back(item.transfer);
  }
  return transfers;
}

void Downloads::accept(std::uint64_t number, const std::filesystem::path& folder) {
  auto& item = items_.at(number);
  const auto& into = folder.empty() ? folder_ : folder;
  accepted_.remember(item.key, item.transfer.with, into);
  take(item, into);
}

void Downloads::decline(std::uint64_t number) {
  refuse(number, "they do not want it", "you have declined it");
}

void Downloads::cancel(std::uint64_t number) {
  auto& item = items_.at(number);
  const auto delivery = item.delivery;
  forget(item.key);
  delivery->cancel("they have stopped it");  // and the item is gone
}

void Downloads::offered(const std::shared_ptr<files::Delivery>& delivery) {
  const auto key = key_of(*delivery);
  const auto accepted_into = policy_ == Policy::nobody ? std::nullopt : accepted_.take_up(key);
  refuse_earlier(key);
  auto& item = add(delivery, key);
  if (accepted_into) {
    take(item, *accepted_into);
  } else if (policy_ == Policy::ask) {
    on_event_(agent::FilesOffered{item.transfer});
  } else if (takes_of(delivery->sender())) {
    take(item, folder_);
  } else {
    refuse(item.transfer.number, "they take no files of you", "you take no files of theirs; see --accept-files");
  }
}

Downloads::Item& Downloads::add(const std::shared_ptr<files::Delivery>& delivery, const std::string& key) {
  const auto& entries = delivery->entries();
  const agent::Transfer transfer{++newest_, delivery->sender().address(), count_files(entries),
                                 files::total_bytes(entries), names_in(entries)};
  const session::Seldom seldom(files_at_once, files_again);
  return items_.emplace(newest_, Item{delivery, key, transfer, {}, {}, seldom}).first->second;
}

Downloads::Items::iterator Downloads::find(const files::Delivery& delivery) {
  return std::find_if(items_.begin(), items_.end(),
                      [&](const auto& item) { return item.second.delivery.get() == &delivery; });
}

bool Downloads::takes_of(const VerifiedPeer& sender) const {
  return policy_ == Policy::anyone || (policy_ == Policy::contacts && is_contact_(sender));
}

void Downloads::take(Item& item, const std::filesystem::path& folder) {
  item.transfer.receiving = true;
  item.transfer.folder = folder.string();
  item.delivery->accept(folder);
}

void Downloads::refuse(std::uint64_t number, const std::string& to_them, const std::string& to_owner) {
  const auto item = items_.find(number);
  item->second.delivery->decline(to_them);
  remove(item, to_owner);
}

// The session in which it was offered before need not know yet that it is dead.
void Downloads::refuse_earlier(const std::string& key) {
  const auto earlier = std::find_if(items_.begin(), items_.end(), [&](const auto& item) {
    return item.second.key == key && !item.second.transfer.receiving;
  });
  if (earlier != items_.end()) {
    refuse(earlier->first, "it is offered again", "they offer it again");
  }
}

void Downloads::remove(Items::iterator item, const std::string& why) {
  const auto gone = items_.extract(item);
  on_event_(agent::FilesStopped{gone.mapped().transfer, why});
}

void Downloads::started(const files::Delivery& delivery, std::uint64_t bytes_there) {
  auto& item = find(delivery)->second;
  item.said = std::chrono::steady_clock::now();
  item.progress.emplace(item.transfer.bytes, bytes_there, item.said);
  item.transfer.bytes_there = bytes_there;
  on_event_(agent::FilesReceiving{item.transfer});
}

void Downloads::written(const files::Delivery& delivery, std::uint64_t bytes) {
  auto& item = find(delivery)->second;
  item.progress->add(bytes);
  const auto now = std::chrono::steady_clock::now();
  if (now - item.said >= between_progress) {
    item.said = now;
    note_progress(item, now);
    on_event_(agent::FilesProgress{item.transfer});
  }
}

void Downloads::note_progress(Item& item, Progress::Instant now) {
  if (item.progress) {
    item.progress->tick(now);
    item.transfer.bytes_there = item.progress->done();
    item.transfer.rate = item.progress->rate();
  }
}

void Downloads::placed(const files::Delivery& delivery, std::size_t entry, const std::string& path) {
  auto& item = find(delivery)->second;
  const auto& offered = delivery.entries()[entry];
  const bool missing = path.empty();
  item.missing += missing ? 1 : 0;
  if (offered.directory && !missing) {
    return;
  }
  if (const auto unsaid = item.files.show(std::chrono::steady_clock::now())) {
    on_event_(agent::FilePlaced{item.transfer.number, item.transfer.with, missing ? offered.path : path,
                                missing ? std::nullopt : std::optional(offered.size), *unsaid});
  }
}

void Downloads::finished(const files::Delivery& delivery) {
  const auto item = items_.extract(find(delivery));
  auto& whole = item.mapped();
  note_progress(whole, std::chrono::steady_clock::now());
  forget(whole.key);
  on_event_(agent::FilesReceived{whole.transfer, whole.missing});
}

void Downloads::stopped(const files::Delivery& delivery, const std::string& message) {
  if (const auto item = find(delivery); item != items_.end()) {
    note_progress(item->second, std::chrono::steady_clock::now());
    remove(item, message);
  }
}

// Where the disk says no, it is forgotten later (FILE-20).
void Downloads::forget(const std::string& key) {
  try {
    accepted_.forget(key);
  } catch (const directory::Failure&) {
  }
}

}  // namespace pd::command
