#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/progress.h"
#include "command/view.h"
#include "files/source.h"

namespace pd::command {

// What a sender of files sees: lines, and on a terminal a bar below them.
class SendingView {
 public:
  // `view` and `sources` outlive it.
  SendingView(View& view, std::string to, const std::vector<files::Source>& sources);

  void offered();
  void accepted(std::uint64_t bytes_there);
  void sent(std::uint64_t bytes);
  void arrived(std::size_t first, std::size_t last);
  void not_sent(const std::string& what);
  // Their endpoints lead nowhere, and they are called now.
  void calling(const std::string& why);
  void waiting(const std::string& why);
  void finished();
  // Another line comes.
  void clear_bar();
  // Draws the bar, or says a line about the progress; call it a few times a second.
  void tick(Progress::Instant now);

 private:
  std::size_t count_files() const;

  View& view_;
  const std::string to_;
  const std::vector<files::Source>& sources_;
  std::uint64_t total_ = 0;
  std::optional<Progress> progress_;
  Progress::Instant said_{};
  std::uint64_t said_bytes_ = 0;
  bool barred_ = false;  // a bar is on the screen
};

}  // namespace pd::command
