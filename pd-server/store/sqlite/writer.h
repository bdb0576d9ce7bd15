#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/sqlite/job.h"

namespace pd::store::sqlite {

// The one thread that writes. It takes all that waits, does it in one transaction, each job in a savepoint of its own,
// commits, and only then lets the coroutines go on: the disk is waited for once a group, not once a write.
class Writer {
 public:
  // At most `most_waiting` jobs wait at a time. `db` is used by the writer's thread alone from now on.
  Writer(std::unique_ptr<Connection> db, std::size_t most_waiting);
  // Finishes what is waiting.
  ~Writer();

  // Any thread. When too many wait, the job fails with Busy.
  void add(std::unique_ptr<Job> job);

  // See Store::outside_changes().
  std::uint64_t outside_changes() const { return outside_changes_.load(std::memory_order_acquire); }

 private:
  using Group = std::vector<std::unique_ptr<Job>>;

  void loop();
  Group take(bool& stopping);
  void commit(Group& group);
  void run_one(Job& job);
  void look_outside();

  std::unique_ptr<Connection> db_;
  std::size_t most_waiting_;
  std::int64_t seen_version_ = 0;  // PRAGMA data_version; the writer's thread only
  std::chrono::steady_clock::time_point looked_;
  std::atomic<std::uint64_t> outside_changes_{0};

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  Group waiting_;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace pd::store::sqlite
