#include "federation/community.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/sample.h"

namespace pd::federation {
namespace {

using identity::Json;
using identity::Reason;
using identity::sample::at;
using identity::sample::domain;
using identity::sample::key;

const identity::Domain club = domain("club.example");

std::string id(const char* name = "club") {
  return key(name).public_key().id();
}

Json payload() {
  const auto start = at(0).time_since_epoch().count();
  return {{"iss", "club.example"},
          {"seq", 7},
          {"iat", start},
          {"exp", start + 3600},
          {"domains", {"example.net", "blackmesa.us", "example.net"}}};
}

identity::Result<CommunityList> parse(const Json& change, const char* signer = "club", bool embed = true) {
  auto changed = payload();
  changed.merge_patch(change);
  const auto jws = identity::Jws::sign(key(signer), community_typ, changed, embed);
  return CommunityList::parse(jws.text(), club, id());
}

void expect_refused(const identity::Result<CommunityList>& list, Reason reason, const char* rule) {
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().reason, reason) << list.error().message;
  EXPECT_EQ(list.error().rule, rule) << list.error().message;
}

TEST(CommunityList, SaysWhoIsInIt) {
  const auto list = parse(Json::object());
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->body().seq, 7u);
  EXPECT_EQ(list->body().domains.size(), 2u);
  EXPECT_TRUE(list->contains(domain("example.net")));
  EXPECT_TRUE(list->contains(domain("blackmesa.us")));
  EXPECT_FALSE(list->contains(domain("example.com")));
  EXPECT_FALSE(list->contains(domain("sub.example.net")));
}

TEST(CommunityList, IsSignedAndReadAgain) {
  const auto list = CommunityList::sign({club, 1, at(0), at(60), {domain("example.net")}}, key("club"));
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE(CommunityList::parse(list->text(), club, id()));
}

TEST(CommunityList, MustBeSignedByTheKeyInThePolicy) {
  expect_refused(parse(Json::object(), "somebody"), Reason::wrong_key, "COM-5");
  expect_refused(parse(Json::object(), "club", false), Reason::malformed, "COM-1");
  auto text = parse(Json::object())->text();
  text[text.rfind('.') + 5] = text[text.rfind('.') + 5] == 'A' ? 'B' : 'A';
  const auto forged = CommunityList::parse(text, club, id());
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().reason, Reason::bad_signature);
}

TEST(CommunityList, MustBeWellFormed) {
  expect_refused(parse({{"iss", "other.example"}}), Reason::wrong_subject, "COM-2");
  expect_refused(parse({{"iss", nullptr}}), Reason::malformed, "COM-2");
  expect_refused(parse({{"seq", -1}}), Reason::malformed, "COM-2");
  expect_refused(parse({{"seq", "7"}}), Reason::malformed, "COM-2");
  expect_refused(parse({{"exp", payload()["iat"]}}), Reason::malformed, "COM-4");
  expect_refused(parse({{"exp", payload()["iat"].get<std::int64_t>() + 91 * 24 * 3600}}), Reason::malformed, "COM-4");
  expect_refused(parse({{"domains", "example.net"}}), Reason::malformed, "COM-3");
  expect_refused(parse({{"domains", {"*.example.net"}}}), Reason::malformed, "COM-3");
  expect_refused(parse({{"domains", {"EXAMPLE.net"}}}), Reason::malformed, "COM-3");
  expect_refused(parse({{"domains", {1}}}), Reason::malformed, "COM-3");
  EXPECT_TRUE(parse({{"domains", Json::array()}, {"more", true}}));
}

TEST(CommunityList, HasAThousandDomainsAtMost) {
  auto many = Json::array();
  for (std::size_t i = 0; i < max_community_domains; ++i)
    many.push_back("d" + std::to_string(i) + ".example");
  EXPECT_TRUE(parse({{"domains", many}}));
  many.push_back("one-more.example");
  expect_refused(parse({{"domains", many}}), Reason::too_large, "COM-3");
}

TEST(CommunityList, CountsInItsTime) {
  const auto list = *parse(Json::object());
  EXPECT_TRUE(list.check_time(at(0)));
  EXPECT_TRUE(list.check_time(at(-300)));
  EXPECT_EQ(list.check_time(at(-301)).error().reason, Reason::not_yet_valid);
  EXPECT_TRUE(list.check_time(at(3599)));
  EXPECT_EQ(list.check_time(at(3600)).error().reason, Reason::expired);
}

}  // namespace
}  // namespace pd::federation
