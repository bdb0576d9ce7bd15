#include "ops/metrics.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace pd::ops {
namespace {

constexpr std::size_t most_series = 1000;

bool name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// OpenMetrics 1.0, metricname and label-name, without the colon that is kept for recording rules.
void require_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9') || !std::ranges::all_of(name, name_character)) {
    throw std::invalid_argument("not a metric or label name: " + std::string(name));
  }
}

// OpenMetrics 1.0, escaped-string.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else {
      out += c;
    }
  }
  return out;
}

// {a="b",c="d"}, or nothing.
std::string braces(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels)
    out += fmt::format("{}{}=\"{}\"", out.empty() ? '{' : ',', name, escaped(value));
  return out.empty() ? out : out + '}';
}

// Canonical numbers: 1.0 rather than 1, as the standard wants it of "le".
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

}  // namespace

struct Metrics::Family {
  Type type;
  std::string help;
  std::map<Labels, std::unique_ptr<Counter>> counters;
  std::map<Labels, std::unique_ptr<Histogram>> histograms;
  std::map<Labels, std::function<double()>> gauges;
};

const std::vector<double>& Histogram::bounds() {
  static const std::vector<double> seconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                           0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return seconds;
}

Histogram::Histogram() : buckets_(bounds().size() + 1) {}

void Histogram::observe(double seconds) {
  const auto bucket = std::ranges::lower_bound(bounds(), seconds) - bounds().begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<std::uint64_t>(std::max(seconds, 0.0) * 1e9), std::memory_order_relaxed);
}

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, const Labels& labels, Type type) {
  require_name(name);
  for (const auto& label : labels)
    require_name(label.first);
  auto& found = families_[std::string(name)];
  if (!found) found = std::make_unique<Family>(Family{type, std::string(help), {}, {}, {}});
  if (found->type != type) throw std::invalid_argument("two kinds of metric of one name: " + std::string(name));
  return *found;
}

void Metrics::count_series() {
  if (++series_ > most_series) throw std::length_error("too many series of metrics");
}

Counter& Metrics::counter(std::string name, std::string help, Labels labels) {
  if (name.ends_with("_total")) name.resize(name.size() - 6);  // the suffix belongs to the sample, not to the family
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, labels, Type::counter).counters[labels];
  if (!slot) {
    count_series();
    slot = std::make_unique<Counter>();
  }
  return *slot;
}

Histogram& Metrics::histogram(std::string name, std::string help, Labels labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, labels, Type::histogram).histograms[labels];
  if (!slot) {
    count_series();
    slot = std::make_unique<Histogram>();
  }
  return *slot;
}

void Metrics::gauge(std::string name, std::string help, std::function<double()> value, Labels labels) {
  const std::lock_guard lock(mutex_);
  auto& slot = family(name, help, labels, Type::gauge).gauges[labels];
  if (!slot) count_series();
  slot = std::move(value);
}

void Metrics::append(std::string& out, const std::string& name, const Labels& labels, const Histogram& histogram) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < histogram.buckets_.size(); ++i) {
    sum += histogram.buckets_[i].load(std::memory_order_relaxed);
    Labels with = labels;
    with.emplace_back("le", i < Histogram::bounds().size() ? number(Histogram::bounds()[i]) : "+Inf");
    out += fmt::format("{}_bucket{} {}\n", name, braces(with), sum);
  }
  // The count is the sum just made, so that it always equals the last bucket, whatever is observed meanwhile.
  out += fmt::format("{}_count{} {}\n", name, braces(labels), sum);
  const double seconds = static_cast<double>(histogram.nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
  out += fmt::format("{}_sum{} {}\n", name, braces(labels), number(seconds));
}

std::string Metrics::text() const {
  static constexpr const char* types[] = {"counter", "histogram", "gauge"};
  const std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# TYPE {} {}\n", name, types[static_cast<int>(family->type)]);
    if (name.ends_with("_seconds")) out += fmt::format("# UNIT {} seconds\n", name);
    if (name.ends_with("_bytes")) out += fmt::format("# UNIT {} bytes\n", name);
    out += fmt::format("# HELP {} {}\n", name, escaped(family->help));
    for (const auto& [labels, counter] : family->counters) {
      out += fmt::format("{}_total{} {}\n", name, braces(labels), counter->value());
    }
    for (const auto& [labels, value] : family->gauges)
      out += fmt::format("{}{} {}\n", name, braces(labels), number(value()));
    for (const auto& [labels, histogram] : family->histograms)
      append(out, name, labels, *histogram);
  }
  return out + "# EOF\n";
}

}  // namespace pd::ops
