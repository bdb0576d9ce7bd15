#include "identity/json.h"

#include <gtest/gtest.h>

namespace pd::identity {
namespace {

std::string nested(std::size_t depth) {
  // An object with arrays inside it, `depth` brackets deep.
  return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

TEST(Json, ReadsAnObject) {
  const auto object = parse_object(R"( {"b":[1,{"c":null},"é\u00e9"],"a":true,"d":-1.5} )");
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(*object, Json::parse(R"({"a":true,"b":[1,{"c":null},"éé"],"d":-1.5})"));
}

TEST(Json, RefusesWhatIsNotOneObject) {
  for (const char* text : {"", " ", "[]", "1", "null", "{", "{\"a\":1}}", "{\"a\":1} {}", "{\"a\":1,}", "{'a':1}",
                           "{a:1}", "{\"a\":01}", "{\"a\":NaN}", "{\"a\":1e999}", "{} // done", "\xEF\xBB\xBF{}"}) {
    const auto object = parse_object(text);
    ASSERT_FALSE(object) << text;
    EXPECT_EQ(object.error().reason, Reason::malformed) << text;
    EXPECT_EQ(object.error().rule, "JSON-1") << text;
  }
}

TEST(Json, RefusesWhatIsNotUtf8) {
  for (const char* text :
       {"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
        "{\"a\":\"\xc3\"}", R"({"a":"\ud800"})", R"({"a":"\udc00"})", R"({"a":"\ud800\ud800"})"}) {
    EXPECT_FALSE(parse_object(text)) << text;
  }
}

TEST(Json, RefusesAMemberThatComesTwice) {
  for (const char* text : {R"({"a":1,"a":1})", R"({"b":{"a":1,"c":2,"a":3}})", R"({"a":1,"\u0061":2})"}) {
    const auto object = parse_object(text);
    ASSERT_FALSE(object) << text;
    EXPECT_EQ(object.error().rule, "JSON-2");
  }
  EXPECT_TRUE(parse_object(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"));
}

TEST(Json, BoundsDepthAndLength) {
  EXPECT_TRUE(parse_object(nested(8)));
  EXPECT_EQ(parse_object(nested(9)).error().reason, Reason::too_large);
  EXPECT_TRUE(parse_object(nested(9), {.depth = 9}));
  EXPECT_EQ(parse_object(nested(30'000)).error().reason, Reason::too_large);
  EXPECT_TRUE(parse_object("{}", {.bytes = 2}));
  EXPECT_EQ(parse_object("{ }", {.bytes = 2}).error().reason, Reason::too_large);
}

TEST(Json, MembersMustBeThereAndOfTheirType) {
  const Json object = Json::parse(R"({"s":"x","i":7,"a":[1],"o":{"k":1},"n":null})");
  EXPECT_EQ(string_member(object, "s", "T-1"), "x");
  EXPECT_EQ(integer_member(object, "i", "T-1"), 7u);
  EXPECT_EQ(time_member(object, "i", "T-1"), Time(Seconds(7)));
  EXPECT_EQ(**array_member(object, "a", "T-1"), Json::array({1}));
  EXPECT_EQ(**object_member(object, "o", "T-1"), Json::parse(R"({"k":1})"));
  for (const char* name : {"i", "n", "missing"}) {
    const auto member = string_member(object, name, "T-1");
    ASSERT_FALSE(member) << name;
    EXPECT_EQ(member.error().rule, "T-1");
    EXPECT_NE(member.error().message.find(name), std::string::npos);
  }
  EXPECT_FALSE(integer_member(object, "s", "T-1"));
  EXPECT_FALSE(array_member(object, "o", "T-1"));
  EXPECT_FALSE(object_member(object, "a", "T-1"));
}

TEST(Json, IntegersStayWithin53Bits) {
  const auto read = [](const std::string& number) {
    return integer_member(*parse_object("{\"n\":" + number + "}"), "n", "T-1");
  };
  EXPECT_EQ(read("0"), 0u);
  EXPECT_EQ(read("9007199254740991"), 9007199254740991u);
  for (const char* number : {"9007199254740992", "18446744073709551615", "18446744073709551616", "-1", "-0",
                             "-9223372036854775808", "1.0", "1e3", "1E0", "\"1\"", "true", "null"}) {
    EXPECT_FALSE(read(number)) << number;
  }
}

TEST(Json, TimesEndWithTheYear9999) {
  EXPECT_EQ(time_member(Json{{"t", 253'402'300'799}}, "t", "T-1"), Time(Seconds(253'402'300'799)));
  EXPECT_FALSE(time_member(Json{{"t", 253'402'300'800}}, "t", "T-1"));
  EXPECT_FALSE(time_member(Json{{"t", -1}}, "t", "T-1"));
}

}  // namespace
}  // namespace pd::identity
