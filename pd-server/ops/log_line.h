#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ops/log.h"

namespace pd::ops {

// One line of the log, without its end. Pure. Whatever the values contain, the line stays one line of ASCII: control
// characters, quotes, direction marks and bytes that are not UTF-8 come out escaped.
//
// text:  2025-01-31T09:00:00.250Z warning tls-reload-failed file=server.pem reason="no such file"
// json:  {"time":"2025-01-31T09:00:00.250Z","level":"warning","event":"tls-reload-failed","file":"server.pem"}
std::string log_line(LogFormat format, std::chrono::system_clock::time_point time, Level level, std::string_view event,
                     Log::Fields fields);

}  // namespace pd::ops
