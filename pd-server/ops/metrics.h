#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pd::ops {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Seconds, in fixed buckets from 100 µs to 10 s.
class Histogram {
 public:
  static const std::vector<double>& bounds();
  Histogram();
  void observe(double seconds);

 private:
  friend class Metrics;
  std::vector<std::atomic<std::uint64_t>> buckets_;
  std::atomic<std::uint64_t> nanoseconds_{0};
};

// The figures of one server, in the OpenMetrics 1.0 text format. Counters and histograms live as long as this object;
// look them up once and keep the reference (the same name and labels give the same one). At most 1,000 series, so
// labels must be few and fixed, never names of users. A malformed name, one name for two kinds, or too many series:
// std::logic_error. Any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  // The sample is called NAME_total.
  Counter& counter(std::string name, std::string help, Labels labels = {});
  Histogram& histogram(std::string name, std::string help, Labels labels = {});
  // Asked each time the text is made; must not block, nor call this object.
  void gauge(std::string name, std::string help, std::function<double()> value, Labels labels = {});

  // Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8
  std::string text() const;

 private:
  struct Family;
  enum class Type { counter, histogram, gauge };

  Family& family(std::string_view name, std::string_view help, const Labels& labels, Type type);
  void count_series();
  static void append(std::string& out, const std::string& name, const Labels& labels, const Histogram& histogram);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>> families_;  // guarded by mutex_
  std::size_t series_ = 0;                                   // guarded by mutex_
};

}  // namespace pd::ops
