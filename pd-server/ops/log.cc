#include "ops/log.h"

#include <chrono>

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "ops/log_line.h"

namespace pd::ops {
namespace {

constexpr std::size_t queue_lines = 8192;

spdlog::level::level_enum severity(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

// When standard error does not take the lines fast enough, the oldest waiting ones are lost, and whoever logs never
// waits.
struct Log::Impl {
  Impl(LogFormat chosen, Level least_level)
      : format(chosen),
        least(least_level),
        pool(std::make_shared<spdlog::details::thread_pool>(queue_lines, 1)),
        logger(std::make_shared<spdlog::async_logger>("pd", std::make_shared<spdlog::sinks::stderr_sink_mt>(), pool,
                                                      spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_pattern("%v");
    logger->set_level(severity(least));
    logger->flush_on(spdlog::level::warn);
  }
  // The thread writes what is left and ends, before what it writes through goes.
  ~Impl() { pool.reset(); }

  LogFormat format;
  Level least;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(LogFormat format, Level least) : impl_(std::make_unique<Impl>(format, least)) {}

Log::~Log() = default;

void Log::write(Level level, std::string_view event, Fields fields) {
  if (level < impl_->least) return;
  impl_->logger->log(severity(level), log_line(impl_->format, std::chrono::system_clock::now(), level, event, fields));
}

std::uint64_t Log::lost() const {
  return impl_->pool->overrun_counter();
}

}  // namespace pd::ops
