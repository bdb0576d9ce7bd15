#include "directory/event_stream.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "directory/backoff.h"

namespace pd::directory {
namespace {

// Returns early when `stop` is requested.
void pause_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

EventStream::EventStream(Open open, EventStreamTimes times) : open_(std::move(open)), times_(times) {}

EventStream::End EventStream::run(Watcher& watcher, std::stop_token stop) {
  Backoff backoff(times_.first_pause, times_.longest_pause);
  while (!stop.stop_requested()) {
    const auto began = std::chrono::steady_clock::now();
    const auto why = read(watcher, stop);
    if (replaced_) return End::replaced;
    if (stop.stop_requested()) break;
    watcher.lost(why);
    if (opened_ && std::chrono::steady_clock::now() - began >= times_.steady) backoff.reset();
    const auto wished = std::min(parser_.retry().value_or(std::chrono::milliseconds(0)), times_.longest_pause);
    pause_for(std::max(backoff.next(), wished), stop);
  }
  return End::stopped;
}

// One stream from its opening to its end, and why it ended.
std::string EventStream::read(Watcher& watcher, const std::stop_token& stop) {
  opened_ = false;
  parser_ = EventParser(last_id_);
  bool good = true;
  try {
    open_(last_id_, {"text/event-stream", times_.silence, stop, [&](std::string_view bytes) {
                       good = take(bytes, watcher);
                       return good && !replaced_;
                     }});
  } catch (const Failure& failure) {
    return good ? failure.what() : "the server sends events that are too large";
  }
  return "the server has ended it";
}

bool EventStream::take(std::string_view bytes, Watcher& watcher) {
  if (!std::exchange(opened_, true)) watcher.opened();
  const bool good = parser_.feed(bytes);
  while (const auto event = parser_.next()) {
    if (event->type == "replaced")
      replaced_ = true;
    else
      watcher.event(*event);
  }
  last_id_ = parser_.last_id();
  return good;
}

}  // namespace pd::directory
