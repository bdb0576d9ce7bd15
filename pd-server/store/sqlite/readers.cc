#include "store/sqlite/readers.h"

#include "store/store.h"

namespace pd::store::sqlite {

Readers::Readers(const std::filesystem::path& file, unsigned threads, std::size_t most_waiting)
    : most_waiting_(most_waiting) {
  // All that can fail first: a thread that runs must be joined.
  for (unsigned i = 0; i < threads; ++i)
    connections_.push_back(std::make_unique<Connection>(file, Connection::Access::read_only));
  for (auto& connection : connections_)
    threads_.emplace_back([this, &db = *connection] { loop(db); });
}

Readers::~Readers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    thread.join();
}

void Readers::add(std::unique_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && waiting_.size() < most_waiting_) {
      waiting_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
  }
  job->fail(std::make_exception_ptr(Busy("too many reads are waiting")));
  job->complete();
}

void Readers::loop(Connection& db) {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::unique_ptr<Job> job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      job->run(db);
    } catch (...) {
      job->fail(std::current_exception());
    }
    job->complete();
  }
}

}  // namespace pd::store::sqlite
