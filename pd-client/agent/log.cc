#include "agent/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>
#include <system_error>
#include <utility>

#include "directory/failure.h"

namespace pd::agent {

namespace {

std::string time_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ ", &parts));
}

}  // namespace

void Log::into(std::filesystem::path file) {
  file_ = std::move(file);
  open();
}

void Log::open() {
  const int opened = ::open(file_->c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat status {};
  if (opened < 0 || ::fstat(opened, &status) != 0) {
    throw directory::Failure(directory::Kind::failed, "cannot open " + file_->string() + ": " + std::strerror(errno));
  }
  size_ = static_cast<std::size_t>(status.st_size);
  ::dup2(opened, STDOUT_FILENO);
  ::dup2(opened, STDERR_FILENO);
  ::close(opened);
}

void Log::write(std::string_view line) {
  const auto text = time_now() + std::string(line) + "\n";
  if (file_ && size_ + text.size() > max_bytes) {
    std::error_code ignored;  // then it grows a little longer
    std::filesystem::rename(*file_, file_->string() + ".1", ignored);
    open();
  }
  if (::write(STDERR_FILENO, text.data(), text.size()) > 0) {
    size_ += text.size();
  }
}

}  // namespace pd::agent
