#include "command/downloads.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "command/quantity.h"
#include "session/text.h"

namespace pd::command {

using identity::Json;

namespace {

constexpr std::size_t names_shown = 5;

std::string default_folder() {
  for (const auto& [variable, below] : {std::pair{"XDG_DOWNLOAD_DIR", ""}, std::pair{"HOME", "/Downloads"}}) {
    const char* const value = std::getenv(variable);
    if (value != nullptr && *value == '/') {
      return std::string(value) + below;
    }
  }
  return ".";
}

std::size_t count_files(const files::Delivery& delivery) {
  const auto& entries = delivery.entries();
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [](const auto& entry) { return !entry.directory; }));
}

std::string what_of(const files::Delivery& delivery) {
  return files_text(count_files(delivery)) + ", " + bytes_text(files::total_bytes(delivery.entries()));
}

// The first names at the top.
std::vector<std::string> names_in(const files::Delivery& delivery) {
  std::vector<std::string> names;
  for (const auto& entry : delivery.entries()) {
    if (names.size() < names_shown && files::parent_of(entry.path).empty()) {
      names.push_back(entry.path + (entry.directory ? "/" : ""));
    }
  }
  return names;
}

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

}  // namespace

void declare_downloads(CLI::App& app, DownloadOptions& options) {
  app.add_option("--downloads", options.folder, "where files go (default: $XDG_DOWNLOAD_DIR, or Downloads at home)")
      ->type_name("DIR");
  app.add_option("--accept-files", options.accept_files,
                 "whose files are taken: nobody, contacts, ask or anyone (default: ask on a terminal, else nobody)")
      ->type_name("WHO")
      ->check(CLI::IsMember({"nobody", "contacts", "ask", "anyone"}));
}

Downloads::Downloads(Talking& talk, const DownloadOptions& options, IsContact is_contact)
    : talk_(talk),
      folder_(std::filesystem::absolute(options.folder.empty() ? default_folder() : options.folder).string()),
      policy_(policy_of(talk, options)),
      is_contact_(std::move(is_contact)),
      disk_(talk.executor()),
      receiver_(folder_, disk_, *this) {}

Downloads::Policy Downloads::policy_of(const Talking& talk, const DownloadOptions& options) {
  const auto& who = options.accept_files;
  if (who.empty()) {
    return talk.interactive() ? Policy::ask : Policy::nobody;
  }
  return who == "anyone"     ? Policy::anyone
         : who == "ask"      ? Policy::ask
         : who == "contacts" ? Policy::contacts
                             : Policy::nobody;
}

void Downloads::offered(const std::shared_ptr<files::Delivery>& delivery) {
  if (policy_ == Policy::ask) {
    ask(delivery);
  } else if (policy_ == Policy::anyone || (policy_ == Policy::contacts && is_contact_(delivery->sender()))) {
    delivery->accept();
  } else {
    const auto from = delivery->sender().address().text();
    talk_.view.event({{"event", "files_declined"}, {"from", from}},
                     "files of " + from + " were not taken: " + what_of(*delivery) + "; see --accept-files");
    delivery->decline("they take no files of you");
  }
}

void Downloads::ask(const std::shared_ptr<files::Delivery>& delivery) {
  asked_[++newest_] = delivery;
  const auto from = delivery->sender().address().text();
  const auto number = std::to_string(newest_);
  const auto names = names_in(*delivery);
  talk_.view.event({{"event", "files_offered"},
                    {"number", newest_},
                    {"from", from},
                    {"files", count_files(*delivery)},
                    {"bytes", files::total_bytes(delivery->entries())},
                    {"names", names}},
                   from + " offers " + list_text(names) + " (" + what_of(*delivery) + "): /accept " + number +
                       " or /decline " + number);
}

bool Downloads::answered(const std::string& line) {
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  if (policy_ != Policy::ask || (word != "/accept" && word != "/decline")) {
    return false;
  }
  const auto number = space == std::string::npos ? "" : line.substr(space + 1);
  const auto which = std::find_if(asked_.begin(), asked_.end(),
                                  [&](const auto& item) { return std::to_string(item.first) == number; });
  const auto chosen = number.empty() && asked_.size() == 1 ? asked_.begin() : which;
  if (chosen == asked_.end()) {
    talk_.view.note("no_offer", "there is no such offer; say its number: " + word + " N");
    return true;
  }
  const auto delivery = chosen->second;
  asked_.erase(chosen);
  word == "/accept" ? delivery->accept() : delivery->decline("they do not want it");
  return true;
}

void Downloads::forget(const files::Delivery& delivery) {
  std::erase_if(asked_, [&](const auto& item) { return item.second.get() == &delivery; });
}

void Downloads::started(const files::Delivery& delivery, std::uint64_t bytes_there) {
  const auto from = delivery.sender().address().text();
  talk_.view.event({{"event", "receiving"},
                    {"from", from},
                    {"files", count_files(delivery)},
                    {"bytes", files::total_bytes(delivery.entries())},
                    {"bytes_there", bytes_there}},
                   "receiving " + list_text(names_in(delivery)) + " of " + from + " (" + what_of(delivery) +
                       (bytes_there > 0 ? ", " + bytes_text(bytes_there) + " are there" : "") + ")");
}

void Downloads::placed(const files::Delivery& delivery, std::size_t entry, const std::string& path) {
  const auto& offered = delivery.entries()[entry];
  const auto from = delivery.sender().address().text();
  if (path.empty()) {
    talk_.view.event({{"event", "file_missing"}, {"from", from}, {"path", offered.path}},
                     from + " could not send " + offered.path);
  } else if (!offered.directory) {
    talk_.view.event({{"event", "file"}, {"from", from}, {"path", path}, {"size", offered.size}},
                     "received " + path + " of " + from + " (" + bytes_text(offered.size) + ")");
  }
}

void Downloads::finished(const files::Delivery& delivery) {
  const auto from = delivery.sender().address().text();
  talk_.view.event({{"event", "files_received"}, {"from", from}, {"folder", folder_}},
                   "all of it is in " + folder_ + ", of " + from);
}

void Downloads::stopped(const files::Delivery& delivery, const std::string& message) {
  forget(delivery);
  const auto from = delivery.sender().address().text();
  talk_.view.event({{"event", "files_stopped"}, {"from", from}, {"reason", message}},
                   "no more files of " + from + " now: " + message);
}

}  // namespace pd::command
