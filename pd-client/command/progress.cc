#include "command/progress.h"

#include <algorithm>

#include <fmt/core.h>

#include "command/quantity.h"

namespace pd::command {

namespace {

constexpr double averaged_over = 3;  // seconds

}  // namespace

Progress::Progress(std::uint64_t total, std::uint64_t done, Instant now)
    : total_(total), done_(done), counted_(done), ticked_(now) {}

void Progress::tick(Instant now) {
  const double seconds = std::chrono::duration<double>(now - ticked_).count();
  if (seconds <= 0) {
    return;
  }
  const double recent = static_cast<double>(done_ - counted_) / seconds;
  const double weight = rate_ == 0 ? 1 : std::min(1.0, seconds / averaged_over);
  rate_ = static_cast<std::uint64_t>(static_cast<double>(rate_) * (1 - weight) + recent * weight);
  counted_ = done_;
  ticked_ = now;
}

std::optional<std::chrono::seconds> Progress::left() const {
  if (rate_ == 0) {
    return {};
  }
  return std::chrono::seconds((total_ - std::min(total_, done_)) / rate_);
}

double Progress::part() const {
  return total_ == 0 ? 1 : std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
}

std::string Progress::text() const {
  auto text = fmt::format("{:3.0f} %  {} of {}", part() * 100, bytes_text(done_), bytes_text(total_));
  if (const auto time = left()) {
    text += fmt::format("  {}/s  {} left", bytes_text(rate_), duration_text(*time));
  }
  return text;
}

std::string Progress::line(std::size_t columns) const {
  constexpr std::size_t most_marks = 30;
  auto text = this->text();
  constexpr std::size_t around_marks = 4;
  if (columns > text.size() + around_marks) {
    const auto marks = std::min(most_marks, columns - text.size() - around_marks);
    const auto full = static_cast<std::size_t>(part() * static_cast<double>(marks));
    text = "[" + std::string(full, '#') + std::string(marks - full, ' ') + "] " + text;
  }
  return text.substr(0, columns);
}

}  // namespace pd::command
