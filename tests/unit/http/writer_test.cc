#include "http/writer.h"

#include <gtest/gtest.h>

namespace pd::http {
namespace {

std::string head(const Response& response, Framing framing = {}) {
  std::string out = "left over";
  EXPECT_TRUE(write_head(out, response, "THEN", framing));
  return out;
}

TEST(Writer, PutsTheHeadTogether) {
  EXPECT_EQ(head(Response::of(200, "text/plain", "abc")),
            "HTTP/1.1 200 OK\r\nDate: THEN\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(head({404, {}, nullptr}, {true, false, true}),
            "HTTP/1.1 404 Not Found\r\nDate: THEN\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head({200, {}, nullptr}, {false, true, true}),
            "HTTP/1.1 200 OK\r\nDate: THEN\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(Writer, NoLengthWhereThereIsNeverABody) {
  for (const unsigned status : {204u, 304u}) {
    const Response response = Response::of(status, "text/plain", "abc");
    EXPECT_EQ(head(response).find("Content-Length"), std::string::npos);
    EXPECT_EQ(body_of(response, {}), "");
  }
}

TEST(Writer, HeadSaysTheLengthWithoutTheBody) {
  const Response response = Response::of(200, "text/plain", "abc");
  const Framing framing{false, false, false};
  EXPECT_NE(head(response, framing).find("Content-Length: 3"), std::string::npos);
  EXPECT_EQ(body_of(response, framing), "");
}

TEST(Writer, AStreamHasNoLength) {
  struct Nothing final : Source {
    void begin(std::function<void()>) override {}
    Piece next() override { return {}; }
    std::string_view heartbeat() const override { return ""; }
  };
  Response response{200, {}, nullptr, std::make_shared<Nothing>()};
  EXPECT_EQ(head(response, {true, false, true}),
            "HTTP/1.1 200 OK\r\nDate: THEN\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head(response, {true, false, true, false}), "HTTP/1.1 200 OK\r\nDate: THEN\r\nConnection: close\r\n\r\n");
}

TEST(Writer, PutsPiecesIntoChunks) {
  EXPECT_EQ(write_piece({"twelve bytes", false}, {}), "c\r\ntwelve bytes\r\n");
  EXPECT_EQ(write_piece({"x", true}, {}), "1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(write_piece({"", true}, {}), "0\r\n\r\n");
  EXPECT_EQ(write_piece({"", false}, {}), "") << "which would be the end";
  const Framing old{.close = true, .chunked = false};
  EXPECT_EQ(write_piece({"x", true}, old), "x");
  EXPECT_EQ(write_piece({"", true}, old), "");
}

TEST(Writer, RefusesHeadersThatWouldBreakTheMessage) {
  std::string out;
  for (const Header& bad : {Header{"A", "b\r\nC: d"}, Header{"A", "b\n"}, Header{"A\r", "b"}, Header{"", "b"},
                            Header{"A:", "b"}, Header{"A", std::string("b\0c", 3)}}) {
    EXPECT_FALSE(write_head(out, {200, {bad}, nullptr}, "THEN", {}));
  }
}

TEST(HttpDate, IsThatOfTheStandard) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(1709164800), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace pd::http
