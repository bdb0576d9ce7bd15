// Requests that two parties could split differently (RFC 9112, 11.2): refused, and what follows on the connection is
// never served.

#include <gtest/gtest.h>

#include "rig.h"

namespace pd::http::test {
namespace {

class Smuggling : public testing::TestWithParam<std::string> {};

TEST_P(Smuggling, IsRefusedAndTheConnectionEnds) {
  Rig rig;
  Client client(rig.plain());
  client.send("POST /echo HTTP/1.1\r\n" + GetParam() + "\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = client.receive();
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->status == 400 || answer->status == 501) << answer->status;
  EXPECT_EQ(answer->header("connection"), "close");
  EXPECT_TRUE(client.ended());
  EXPECT_TRUE(rig.witness.answered().empty());
  EXPECT_EQ(rig.witness.refused("malformed"), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Smuggling,
    testing::Values("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                    "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                    "Host: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n",
                    "Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n", "Host: a\r\nContent-Length: 0, 5\r\n",
                    "Host: a\r\nTransfer-Encoding: xchunked\r\n",
                    "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                    "Host: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
                    "Host: a\r\nTransfer-Encoding : chunked\r\n", "Host: a\r\nTransfer-Encoding: chunked, identity\r\n",
                    "Host: a\r\nTransfer-Encoding:\x0b"
                    "chunked\r\n",
                    "Host: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n",
                    "Host: a\r\nX: y\nTransfer-Encoding: chunked\r\n",
                    "Host: a\r\nX: y\rTransfer-Encoding: chunked\r\n", "Host: a\r\nContent-Length: +5\r\n",
                    "Host: a\r\nHost: b\r\nContent-Length: 5\r\n", "Content-Length: 5\r\n"));

}  // namespace
}  // namespace pd::http::test
