#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/job.h"

namespace pd::store::sqlite {

// A few threads that read, each through a connection of its own: in WAL mode they neither wait for the writer nor make
// it wait.
class Readers {
 public:
  Readers(const std::filesystem::path& file, unsigned threads, std::size_t most_waiting);
  // Finishes what is waiting.
  ~Readers();

  // Any thread. When too many wait, the job fails with Busy.
  void add(std::unique_ptr<Job> job);

 private:
  void loop(Connection& db);

  std::size_t most_waiting_;
  std::vector<std::unique_ptr<Connection>> connections_;  // one a thread

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> waiting_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace pd::store::sqlite
