#include "structured_field.h"

#include <gtest/gtest.h>

namespace pd::identity {
namespace {

TEST(StructuredField, RefusesWhatIsNotWellFormed) {
  for (const char* text : {"",
                           "pd",
                           "pd=",
                           "pd=()x",
                           "pd=(",
                           "pd=(\"a\"",
                           "pd=(\"a)",
                           "pd=(\"a\"\"b\")",
                           "pd=(a)",
                           "pd=(\"a\";req)",
                           "pd=(\"a\");",
                           "pd=(\"a\");A=1",
                           "pd=(\"a\");a=1.5",
                           "pd=(\"a\");a=",
                           "pd=(\"a\");a=1234567890123456",
                           "pd=(\"a\");a=-",
                           "pd=(\"\\a\")",
                           "pd=(\"a\tb\")",
                           "pd=(\"a\"\t\"b\")",
                           "pd =(\"a\")",
                           "pd= (\"a\")",
                           "PD=(\"a\")",
                           "pd=(\"a\"), x=1",
                           "pd=(\"a\\",
                           "pd=(\"a\");a=\"b"}) {
    EXPECT_FALSE(parse_inner_list_member(text, "pd")) << text;
  }
  for (const char* text : {"", "pd", "pd=", "pd=:", "pd=:AA==", "pd=:AA:", "pd=:AA=:", "pd=:A===:", "pd=:AAA=A:",
                           "pd=:AB==:", "pd=:A_==:", "pd=:AA==:;x=1", "pd=AA==", "pd=:AA== :", "pd=:====:"}) {
    EXPECT_FALSE(parse_bytes_member(text, "pd")) << text;
  }
  EXPECT_TRUE(parse_inner_list_member("pd=()", "pd"));
  EXPECT_EQ(parse_bytes_member("pd=:AA==:", "pd"), Bytes{0});
}

}  // namespace
}  // namespace pd::identity
