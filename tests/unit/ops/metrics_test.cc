#include "ops/metrics.h"

#include <cmath>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pd::ops {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

TEST(Metrics, AnEmptyOneIsOnlyItsEnd) {
  EXPECT_EQ(Metrics().text(), "# EOF\n");
}

TEST(Metrics, CountersHaveTheirSuffixOnce) {
  Metrics metrics;
  metrics.counter("pd_requests", "Requests.", {{"method", "GET"}}).add(3);
  metrics.counter("pd_requests_total", "Requests.", {{"method", "PUT"}}).add();
  EXPECT_EQ(metrics.text(),
            "# TYPE pd_requests counter\n"
            "# HELP pd_requests Requests.\n"
            "pd_requests_total{method=\"GET\"} 3\n"
            "pd_requests_total{method=\"PUT\"} 1\n"
            "# EOF\n");
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameCounter) {
  Metrics metrics;
  Counter& first = metrics.counter("a", "A.");
  for (int i = 0; i < 100; ++i)
    metrics.counter("a", "A.", {{"i", std::to_string(i)}});
  EXPECT_EQ(&first, &metrics.counter("a", "A."));
}

TEST(Metrics, GaugesAreAskedEachTime) {
  Metrics metrics;
  double value = 1.5;
  metrics.gauge("pd_size_bytes", "Size.", [&] { return value; });
  EXPECT_THAT(metrics.text(), HasSubstr("# UNIT pd_size_bytes bytes\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("\npd_size_bytes 1.5\n"));
  value = 2;
  EXPECT_THAT(metrics.text(), HasSubstr("\npd_size_bytes 2.0\n"));
  value = std::nan("");
  EXPECT_THAT(metrics.text(), HasSubstr("\npd_size_bytes NaN\n"));
}

TEST(Metrics, HistogramBucketsAddUp) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("pd_wait_seconds", "Waiting.", {{"what", "disk"}});
  for (const double seconds : {0.00005, 0.0001, 0.003, 11.0})
    histogram.observe(seconds);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# TYPE pd_wait_seconds histogram\n# UNIT pd_wait_seconds seconds\n"));
  EXPECT_THAT(text, HasSubstr("pd_wait_seconds_bucket{what=\"disk\",le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("pd_wait_seconds_bucket{what=\"disk\",le=\"0.0025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("pd_wait_seconds_bucket{what=\"disk\",le=\"0.005\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("pd_wait_seconds_bucket{what=\"disk\",le=\"1.0\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("pd_wait_seconds_bucket{what=\"disk\",le=\"10.0\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("pd_wait_seconds_bucket{what=\"disk\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("pd_wait_seconds_count{what=\"disk\"} 4\npd_wait_seconds_sum{what=\"disk\"} 11.00315\n"));
  EXPECT_THAT(text, EndsWith("# EOF\n"));
}

TEST(Metrics, EscapesHelpAndLabels) {
  Metrics metrics;
  metrics.counter("a", "one\ntwo \"three\" \\", {{"l", "x\"y\\z\n"}});
  EXPECT_THAT(metrics.text(), HasSubstr("# HELP a one\\ntwo \\\"three\\\" \\\\\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("a_total{l=\"x\\\"y\\\\z\\n\"} 0\n"));
}

TEST(Metrics, RefusesWhatIsNoMetric) {
  Metrics metrics;
  EXPECT_THROW(metrics.counter("", "x"), std::logic_error);
  EXPECT_THROW(metrics.counter("1a", "x"), std::logic_error);
  EXPECT_THROW(metrics.counter("a b", "x"), std::logic_error);
  EXPECT_THROW(metrics.counter("a", "x", {{"l-l", "v"}}), std::logic_error);
  metrics.counter("twice", "x");
  EXPECT_THROW(metrics.histogram("twice", "x"), std::logic_error);
  EXPECT_THROW(for (int i = 0; i < 2000; ++i) metrics.counter("many", "x", {{"i", std::to_string(i)}}),
               std::logic_error);
}

TEST(Metrics, CountsFromManyThreadsWhileRead) {
  Metrics metrics;
  Counter& counter = metrics.counter("a", "A.");
  Histogram& histogram = metrics.histogram("b_seconds", "B.");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.add();
        histogram.observe(0.001);
      }
    });
  }
  for (int i = 0; i < 20; ++i)
    EXPECT_THAT(metrics.text(), EndsWith("# EOF\n"));
  threads.clear();
  EXPECT_EQ(counter.value(), 4000u);
  EXPECT_THAT(metrics.text(), HasSubstr("b_seconds_count 4000\n"));
}

}  // namespace
}  // namespace pd::ops
