#include "directory/event_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pd::directory {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t max_retry_digits = 9;

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

}  // namespace

bool EventParser::feed(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [this](char byte) { return take(byte); });
}

std::optional<ServerEvent> EventParser::next() {
  if (events_.empty()) return {};
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

// A line ends with CR LF, LF or CR; a CR ends it at once, so that no event waits for the byte after it.
bool EventParser::take(char byte) {
  if (std::exchange(after_cr_, byte == '\r') && byte == '\n') return true;
  if (byte == '\r' || byte == '\n') return end_line();
  line_ += byte;
  return line_.size() <= max_line;
}

bool EventParser::end_line() {
  const auto whole = std::exchange(line_, {});
  std::string_view line = whole;
  if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  if (line.empty()) {
    dispatch();
    return true;
  }
  const auto colon = line.find(':');
  if (colon == 0) return true;  // a comment: the heartbeat
  if (colon == std::string_view::npos) return take_field(line, {});
  auto value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  return take_field(line.substr(0, colon), value);
}

bool EventParser::take_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    type_ = value;
  } else if (name == "data") {
    data_.append(value).append("\n");
    return data_.size() <= max_event + 1;
  } else if (name == "id") {
    if (value.size() <= max_id && value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry" && !value.empty() && value.size() <= max_retry_digits &&
             std::all_of(value.begin(), value.end(), is_digit)) {
    std::chrono::milliseconds::rep count = 0;
    std::from_chars(value.data(), value.data() + value.size(), count);
    retry_ = std::chrono::milliseconds(count);
  }
  return true;
}

void EventParser::dispatch() {
  last_id_ = id_;
  auto type = std::exchange(type_, {});
  auto data = std::exchange(data_, {});
  if (data.empty()) return;
  data.pop_back();  // the last line feed
  events_.push_back({type.empty() ? "message" : std::move(type), last_id_, std::move(data)});
}

}  // namespace pd::directory
