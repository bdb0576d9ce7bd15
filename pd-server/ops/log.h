#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pd::ops {

enum class Level { debug, info, warning, error };
enum class LogFormat { text, json };

// Structured, asynchronous, to standard error; one line an event: time, level, event, fields. Any thread; never blocks:
// when the lines are not taken fast enough, the oldest that wait are lost, and counted. What was written before the
// destructor is written out by it. Never give it a secret, an invite code, a challenge or a message.
class Log {
 public:
  using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;

  Log(LogFormat format, Level least);
  ~Log();

  void write(Level level, std::string_view event, Fields fields = {});
  void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
  void warning(std::string_view event, Fields fields = {}) { write(Level::warning, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

  // How many lines were lost so far.
  std::uint64_t lost() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pd::ops
