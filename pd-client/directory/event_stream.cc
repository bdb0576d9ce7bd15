#include "directory/event_stream.h"

#include <algorithm>
#include <utility>

#include "directory/backoff.h"

namespace pd::directory {

EventStream::EventStream(Open open, EventStreamTimes times, std::string last_id)
    : open_(std::move(open)), times_(times), last_id_(std::move(last_id)) {}

EventStream::End EventStream::run(Watcher& watcher, std::stop_token stop) {
  Backoff backoff(times_.first_pause, times_.longest_pause);
  while (!stop.stop_requested()) {
    const auto began = std::chrono::steady_clock::now();
    const auto why = read(watcher, stop);
    if (replaced_) return End::replaced;
    if (stop.stop_requested()) break;
    if (opened_ && std::chrono::steady_clock::now() - began >= times_.steady) backoff.reset();
    const auto wished = std::min(parser_.retry().value_or(std::chrono::milliseconds(0)), times_.longest_pause);
    if (!renewed()) {
      watcher.lost(why);
      pause_for(std::max(backoff.next(), wished), stop);
    }
    if (renewed()) backoff.reset();
  }
  return End::stopped;
}

void EventStream::renew() {
  std::stop_source attempt;
  {
    const std::lock_guard lock(mutex_);
    renewed_ = true;
    attempt = attempt_;
  }
  renewal_.notify_all();
  attempt.request_stop();
}

bool EventStream::renewed() {
  const std::lock_guard lock(mutex_);
  return renewed_;
}

std::stop_source EventStream::begin_attempt() {
  const std::lock_guard lock(mutex_);
  renewed_ = false;
  attempt_ = std::stop_source();
  return attempt_;
}

// Returns early when `stop` is requested, or the stream is to be renewed.
void EventStream::pause_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  renewal_.wait_for(lock, stop, time, [this] { return renewed_; });
}

// One stream from its opening to its end, and why it ended.
std::string EventStream::read(Watcher& watcher, const std::stop_token& stop) {
  opened_ = false;
  parser_ = EventParser(last_id_);
  auto attempt = begin_attempt();
  const std::stop_callback on_stop(stop, [&attempt] { attempt.request_stop(); });
  bool good = true;
  try {
    open_(last_id_, {"text/event-stream", times_.silence, attempt.get_token(), [&](std::string_view bytes) {
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
