#include "identity/address.h"

#include <gtest/gtest.h>

namespace pd::identity {
namespace {

std::string rule_of(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? "accepted" : address.error().rule;
}

TEST(Address, ReadsAndFolds) {
  const auto address = Address::parse("Gordon.Freeman@BlackMesa.US");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->local(), "gordon.freeman");
  EXPECT_EQ(address->domain().text(), "blackmesa.us");
  EXPECT_EQ(address->text(), "gordon.freeman@blackmesa.us");
  EXPECT_EQ(address->uri(), "acct:gordon.freeman@blackmesa.us");
  EXPECT_EQ(Address::parse(address->uri()), address);
  EXPECT_EQ(Address::parse("ACCT:gordon.freeman@blackmesa.us"), address);
}

TEST(Address, LocalPart) {
  for (const char* text :
       {"a@example.org", "0@example.org", "a.b_c-d@example.org", "a..b@example.org", "a.@example.org"}) {
    EXPECT_EQ(rule_of(text), "accepted") << text;
  }
  EXPECT_EQ(rule_of(std::string(64, 'a') + "@example.org"), "accepted");
  EXPECT_EQ(rule_of(std::string(65, 'a') + "@example.org"), "ADDR-2");
  EXPECT_EQ(rule_of(std::string(1'000'000, 'a') + "@example.org"), "ADDR-2");
  for (const char* text : {"@example.org", ".a@example.org", "-a@example.org", "_a@example.org", "a+b@example.org",
                           "a b@example.org", "é@example.org", "a%20@example.org", "\"a\"@example.org",
                           "acct:@example.org", "acct:acct:a@example.org", " a@example.org", "mailto:a@example.org"}) {
    EXPECT_EQ(rule_of(text), "ADDR-2") << text;
  }
  EXPECT_EQ(rule_of(std::string_view("a\0b@example.org", 15)), "ADDR-2");
}

TEST(Address, NeedsOneAt) {
  EXPECT_EQ(rule_of(""), "ADDR-1");
  EXPECT_EQ(rule_of("example.org"), "ADDR-1");
  EXPECT_EQ(rule_of("a@b@example.org"), "ADDR-6");
}

TEST(Domain, Labels) {
  const std::string label(63, 'a');
  EXPECT_EQ(rule_of("a@xn--nxasmq6b.example"), "accepted");
  EXPECT_EQ(rule_of("a@1.example"), "accepted");
  EXPECT_EQ(rule_of("a@" + label + ".example"), "accepted");
  for (const char* text :
       {"a@example..org", "a@.example.org", "a@example.org.", "a@-example.org", "a@example-.org", "a@exa_mple.org",
        "a@exämple.org", "a@example.org:443", "a@[::1]", "a@example.org/", "a@ex ample.org", "a@example.org\n"}) {
    EXPECT_EQ(rule_of(text), "ADDR-6") << text;
  }
  EXPECT_EQ(rule_of("a@a" + label + ".example"), "ADDR-6");
  EXPECT_EQ(rule_of("a@localhost"), "ADDR-7");
}

TEST(Domain, Length) {
  std::string name = "example";
  while (name.size() + 2 <= 253)
    name = "a." + name;
  EXPECT_EQ(name.size(), 253u);
  EXPECT_TRUE(Domain::parse(name));
  EXPECT_EQ(Domain::parse("a" + name).error().rule, "ADDR-5");
  EXPECT_EQ(Domain::parse("").error().rule, "ADDR-5");
}

TEST(Domain, NeverAnIpAddress) {
  for (const char* text :
       {"127.0.0.1", "127.1", "0x7f.0x0.0x0.0x1", "1.2.3.0x", "example.1", "0177.0.0.01", "1.2.3.4.5"}) {
    const auto domain = Domain::parse(text);
    ASSERT_FALSE(domain) << text;
    EXPECT_EQ(domain.error().rule, "ADDR-8") << text;
  }
  EXPECT_TRUE(Domain::parse("1.example.1a"));
}

TEST(Domain, SameWhenSpelledInAnotherCase) {
  EXPECT_EQ(Domain::parse("EXAMPLE.org"), Domain::parse("example.ORG"));
}

}  // namespace
}  // namespace pd::identity
