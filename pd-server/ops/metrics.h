#pragma once

#include <atomic>
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

// The figures of one server, in the OpenMetrics 1.0 text format. Counters and histograms live as long as this object; look them
// up once and keep the reference. At most 1,000 series, so labels must be few and fixed, never names of users. Any thread.
class Metrics {
 public:
  Counter& counter(std::string name, std::string help, Labels labels = {});
  Histogram& histogram(std::string name, std::string help, Labels labels = {});
  // Asked each time the text is made; must not block.
  void gauge(std::string name, std::string help, std::function<double()> value, Labels labels = {});

  // Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8
  std::string text() const;

 private:
  struct Family;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>> families_;
 public:
  Metrics();
  ~Metrics();
};

}  // namespace pd::ops
