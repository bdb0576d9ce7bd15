#include "command/sending_view.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "command/quantity.h"
#include "terminal/output.h"

namespace pd::command {

namespace {

constexpr std::chrono::seconds between_lines{1};
constexpr std::string_view erase_line = "\r\x1b[K";
constexpr std::size_t narrowest = 20;

std::size_t columns_of_terminal() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > narrowest;
  return known ? size.ws_col - 1U : 79;
}

}  // namespace

SendingView::SendingView(View& view, std::string to, const std::vector<files::Source>& sources)
    : view_(view),
      to_(std::move(to)),
      sources_(sources),
      total_(std::accumulate(sources.begin(), sources.end(), std::uint64_t{0},
                             [](std::uint64_t sum, const auto& source) { return sum + source.entry.size; })) {}

std::size_t SendingView::count_files() const {
  return static_cast<std::size_t>(
      std::count_if(sources_.begin(), sources_.end(), [](const auto& source) { return !source.entry.directory; }));
}

void SendingView::offered() {
  clear_bar();
  view_.event({{"event", "offered"}, {"to", to_}, {"files", count_files()}, {"bytes", total_}},
              "offered to " + to_ + ": " + files_text(count_files()) + ", " + bytes_text(total_) +
                  "; waiting for them to accept");
}

void SendingView::accepted(std::uint64_t bytes_there) {
  clear_bar();
  view_.event({{"event", "accepted"}, {"to", to_}, {"bytes_there", bytes_there}},
              to_ + " takes it" + (bytes_there > 0 ? "; " + bytes_text(bytes_there) + " are there already" : ""));
  progress_.emplace(total_, bytes_there, std::chrono::steady_clock::now());
}

void SendingView::sent(std::uint64_t bytes) {
  if (progress_) {
    progress_->add(bytes);
  }
}

void SendingView::arrived(std::size_t first, std::size_t last) {
  for (auto i = first; i < last; ++i) {
    const auto& entry = sources_[i].entry;
    if (!entry.directory) {
      clear_bar();
      view_.event({{"event", "arrived"}, {"to", to_}, {"path", entry.path}, {"size", entry.size}},
                  entry.path + " has arrived");
    }
  }
}

void SendingView::not_sent(const std::string& what) {
  clear_bar();
  view_.note("not_sent", "not sent: " + what);
}

void SendingView::calling(const std::string& why) {
  clear_bar();
  view_.calling(to_, why);
}

void SendingView::waiting(const std::string& why) {
  clear_bar();
  progress_.reset();
  view_.event({{"event", "waiting"}, {"peer", to_}, {"reason", why}}, to_ + " cannot be reached now: " + why);
}

void SendingView::finished() {
  clear_bar();
  view_.event({{"event", "sent"}, {"to", to_}, {"files", count_files()}, {"bytes", total_}},
              "all has arrived: " + files_text(count_files()) + ", " + bytes_text(total_));
}

void SendingView::clear_bar() {
  if (std::exchange(barred_, false)) {
    terminal::write_out(erase_line);
  }
}

void SendingView::tick(Progress::Instant now) {
  if (!progress_) {
    return;
  }
  progress_->tick(now);
  if (view_.style() == Style::terminal) {
    barred_ = true;
    terminal::write_out(std::string(erase_line) + progress_->line(columns_of_terminal()));
  } else if (now - said_ >= between_lines && progress_->done() != said_bytes_) {
    said_ = now;
    said_bytes_ = progress_->done();
    view_.event({{"event", "progress"},
                 {"to", to_},
                 {"bytes", progress_->done()},
                 {"total", total_},
                 {"rate", progress_->rate()}},
                "sent " + progress_->text());
  }
}

}  // namespace pd::command
