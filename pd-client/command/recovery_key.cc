#include "command/recovery_key.h"

#include <iostream>
#include <string>

#include "command/qr.h"
#include "command/terminal.h"
#include "directory/failure.h"
#include "directory/file.h"
#include "identity/recovery_words.h"
#include "identity/secret.h"
#include "terminal/tty.h"

namespace pd::command {
namespace {

using identity::Secret;

constexpr std::size_t max_words_file = 4096;
constexpr std::size_t word_count = 24;

directory::Failure exists_already(const std::filesystem::path& file) {
  return {directory::Kind::usage, file.string() + " is there already",
          "give the name of a new file; without --recovery-file the words are shown"};
}

// The same words may be there from a run that died before it could say so.
void write_words(const std::filesystem::path& file, const Secret& words) {
  Secret line = words.copy();
  line.append("\n");
  if (directory::write_new_private_file(file, line.view())) return;
  auto there = directory::read_file(file, max_words_file);
  if (!there || Secret(std::move(*there)) != line) throw exists_already(file);
}

// The keys count by now; only their words have not got through.
directory::Failure not_written(const directory::Failure& failure) {
  return {failure.kind(), failure.what(),
          "nothing is lost: the same command again, without --recovery-file, shows the words"};
}

void show_on_terminal(std::string_view words) {
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
  const Secret words(identity::recovery_words(key));
  if (file) {
    try {
      write_words(*file, words);
    } catch (const directory::Failure& failure) {
      throw not_written(failure);
    }
    json["recovery_file"] = file->string();
    if (!context.json())
      std::cout << "recovery words are in " << file->string() << ": keep them away from this machine\n";
  } else if (context.json()) {
    json["recovery_words"] = words.view();
  } else if (terminal::is_terminal(terminal::Stream::output)) {
    show_on_terminal(words.view());
  } else {
    std::cout << "recovery words: " << words.view() << std::endl;
  }
}

void require_shown() {
  if (!std::cout.flush())
    throw directory::Failure(directory::Kind::failed, "the recovery key could not be shown",
                             "run the same command again");
}

void require_place(const std::optional<std::filesystem::path>& file, bool again) {
  if (!file) return;
  try {
    if (directory::can_write_new_private_file(*file)) return;
  } catch (const directory::Failure& failure) {
    throw directory::Failure(directory::Kind::usage, failure.what(),
                             "give the name of a new file in a folder where you may write; without --recovery-file "
                             "the words are shown");
  }
  if (!again) throw exists_already(*file);
}

identity::PrivateKey read_recovery_key(const std::optional<std::filesystem::path>& file) {
  Secret words;
  if (file) {
    auto text = directory::read_file(*file, max_words_file);
    if (!text) throw directory::Failure(directory::Kind::usage, "there is no file " + file->string());
    words = Secret(std::move(*text));
  } else {
    words = ask_secret_words("Your 24 recovery words, on one line or several (an empty line ends them): ", word_count,
                             "--words-file FILE");
  }
  return directory::require(identity::key_from_recovery_words(words.view()), directory::Kind::failed,
                            "these are not the words of a recovery key");
}

}  // namespace pd::command
