#include "command/recovery_key.h"

#include <iostream>
#include <string>

#include "command/qr.h"
#include "command/terminal.h"
#include "directory/failure.h"
#include "directory/file.h"
#include "identity/recovery_words.h"

namespace pd::command {
namespace {

constexpr std::size_t max_words_file = 4096;

void show_on_terminal(const std::string& words) {
  std::cout << "\nYour recovery key. Write these 24 words down and keep them away from this machine: they are shown "
               "only now,\n"
               "and whoever has them can take over your address.\n\n  ";
  int count = 0;
  for (const char c : words) {
    if (c == ' ' && ++count % 6 == 0) {
      std::cout << "\n  ";
    } else {
      std::cout << c;
    }
  }
  std::cout << "\n\n" << qr_code(words) << std::flush;
}

}  // namespace

void show_recovery_key(const Context& context, const identity::PrivateKey& key,
                       const std::optional<std::filesystem::path>& file, identity::Json& json) {
  auto words = identity::recovery_words(key);
  if (file) {
    directory::write_private_file(*file, words + "\n");
    json["recovery_file"] = file->string();
    if (!context.json())
      std::cout << "recovery words are in " << file->string() << ": keep them away from this machine\n";
  } else if (context.json()) {
    json["recovery_words"] = words;
  } else if (shown_on_terminal()) {
    show_on_terminal(words);
  } else {
    std::cout << "recovery words: " << words << std::endl;
  }
  identity::wipe(words);
}

void require_shown() {
  if (!std::cout.flush())
    throw directory::Failure(directory::Kind::failed, "the recovery key could not be shown",
                             "run the same command again");
}

void refuse_existing(const std::optional<std::filesystem::path>& file) {
  if (file && std::filesystem::exists(*file))
    throw directory::Failure(directory::Kind::usage, file->string() + " is there already",
                             "give the name of a new file");
}

identity::PrivateKey read_recovery_key(const std::optional<std::filesystem::path>& file) {
  std::string words;
  if (file) {
    auto text = directory::read_file(*file, max_words_file);
    if (!text) throw directory::Failure(directory::Kind::usage, "there is no file " + file->string());
    words = *std::move(text);
  } else {
    words = ask_secret("Your 24 recovery words: ");
  }
  auto key = identity::key_from_recovery_words(words);
  identity::wipe(words);
  return directory::require(std::move(key), directory::Kind::failed, "these are not the words of a recovery key");
}

}  // namespace pd::command
