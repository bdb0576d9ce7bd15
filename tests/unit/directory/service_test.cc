#include "directory/service.h"

#include <gtest/gtest.h>

#include <string>

namespace pd::directory {
namespace {

std::string number(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string name(const std::string& text) {
  std::string encoded;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('.', at), text.size());
    encoded += static_cast<char>(end - at) + text.substr(at, end - at);
    at = end + 1;
  }
  return encoded + '\0';
}

struct Entry {
  unsigned priority;
  unsigned weight;
  unsigned port;
  std::string host;
  unsigned type = 33;  // SRV
};

// An answer (RFC 1035, section 4) to a question for _pd._tcp.example.org; names in it point back to the question's.
std::string answer(const std::vector<Entry>& entries) {
  std::string text =
      number(1) + number(0x8180) + number(1) + number(static_cast<unsigned>(entries.size())) + number(0) + number(0);
  text += name("_pd._tcp.example.org") + number(33) + number(1);
  for (const auto& entry : entries) {
    const auto data = number(entry.priority) + number(entry.weight) + number(entry.port) + name(entry.host);
    text += number(0xc00c) + number(entry.type) + number(1) + number(0) + number(60) +
            number(static_cast<unsigned>(data.size())) + data;
  }
  return text;
}

std::vector<std::string> targets_in(const std::string& text) {
  std::vector<std::string> targets;
  for (const auto& target : read_services(identity::bytes_of(text)))
    targets.push_back(target.text());
  return targets;
}

using List = std::vector<std::string>;

TEST(ServicesTest, ComeByPriorityThenWeight) {
  EXPECT_EQ(
      targets_in(answer(
          {{20, 0, 443, "last.example.org"}, {10, 1, 8443, "second.example.org"}, {10, 9, 443, "first.example.org"}})),
      (List{"first.example.org:443", "second.example.org:8443", "last.example.org:443"}));
}

TEST(ServicesTest, AreThreeAtMost) {
  EXPECT_EQ(targets_in(answer({{1, 0, 1, "a.b"}, {2, 0, 2, "a.b"}, {3, 0, 3, "a.b"}, {4, 0, 4, "a.b"}})),
            (List{"a.b:1", "a.b:2", "a.b:3"}));
}

TEST(ServicesTest, LeaveOutWhatIsNone) {
  EXPECT_EQ(targets_in(answer({{1, 0, 443, ""}})), List{}) << "a dot says that there is no such service";
  EXPECT_EQ(targets_in(answer({{1, 0, 0, "a.b"}})), List{});
  EXPECT_EQ(targets_in(answer({{1, 0, 443, "a b"}, {1, 0, 443, "a;b"}})), List{});
  EXPECT_EQ(targets_in(answer({{1, 0, 443, "a.b", 16}})), List{});
}

TEST(ServicesTest, SurviveEveryTruncation) {
  const auto whole = answer({{1, 0, 443, "first.example.org"}, {2, 0, 443, "second.example.org"}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_LT(targets_in(whole.substr(0, size)).size(), 2u) << size;
}

TEST(ServicesTest, SurviveANameThatPointsToItself) {
  auto text = answer({{1, 0, 443, "a.b"}});
  const auto host = text.size() - name("a.b").size();
  text.replace(host, 2, number(0xc000u + static_cast<unsigned>(host)));
  EXPECT_EQ(targets_in(text), List{});
}

TEST(ServiceTargetTest, IsAHostAndAPort) {
  EXPECT_EQ(ServiceTarget::parse("a.example.org:8443"), (ServiceTarget{"a.example.org", 8443}));
  for (const char* text : {"", "a", "a:", ":1", "a:0", "a:65536", "a b:1", "a:1:2"})
    EXPECT_FALSE(ServiceTarget::parse(text)) << text;
}

}  // namespace
}  // namespace pd::directory
