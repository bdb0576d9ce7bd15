#include "store/sqlite/writer.h"

#include <algorithm>

#include "store/store.h"

namespace pd::store::sqlite {
namespace {

// A group is bounded so that its first job does not wait for very many others.
constexpr std::size_t most_in_group = 512;
constexpr std::chrono::seconds look_every{1};

}  // namespace

Writer::Writer(std::unique_ptr<Connection> db, std::size_t most_waiting)
    : db_(std::move(db)),
      most_waiting_(most_waiting),
      seen_version_(db_->integer("PRAGMA data_version")),
      looked_(std::chrono::steady_clock::now()),
      thread_([this] { loop(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::add(std::unique_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && waiting_.size() < most_waiting_) {
      waiting_.push_back(std::move(job));
      if (waiting_.size() == 1) wake_.notify_one();
      return;
    }
  }
  job->fail(std::make_exception_ptr(Busy("too many writes are waiting")));
  job->complete();
}

void Writer::loop() {
  for (bool stopping = false;;) {
    Group group = take(stopping);
    look_outside();
    if (group.empty()) {
      if (stopping) return;
      continue;
    }
    commit(group);
    for (auto& job : group)
      job->complete();
  }
}

// Waits for work, but not longer than until it is time to look outside.
Writer::Group Writer::take(bool& stopping) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, look_every, [this] { return stopping_ || !waiting_.empty(); });
  stopping = stopping_;
  Group group;
  if (waiting_.size() <= most_in_group) {
    group.swap(waiting_);
  } else {
    const auto end = waiting_.begin() + most_in_group;
    group.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
  }
  return group;
}

void Writer::commit(Group& group) {
  try {
    Transaction transaction(*db_);
    for (auto& job : group)
      run_one(*job);
    transaction.commit();
  } catch (...) {
    for (auto& job : group)
      job->fail(std::current_exception());
  }
}

// A job that fails is undone alone; the others of its group stand. Throws only when the whole transaction is lost.
void Writer::run_one(Job& job) {
  db_->query("SAVEPOINT job").run();
  try {
    job.run(*db_);
  } catch (...) {
    if (!db_->in_transaction()) throw;
    job.fail(std::current_exception());
    db_->query("ROLLBACK TO job").run();
  }
  db_->query("RELEASE job").run();
}

// data_version changes when another connection, so another process (ours has no second writer), has committed.
void Writer::look_outside() {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < look_every) return;
  looked_ = now;
  try {
    const auto version = db_->integer("PRAGMA data_version");
    if (version != seen_version_) outside_changes_.fetch_add(1, std::memory_order_acq_rel);
    seen_version_ = version;
  } catch (const Failure&) {
    // The next write or the next probe says what is wrong with the database.
  }
}

}  // namespace pd::store::sqlite
