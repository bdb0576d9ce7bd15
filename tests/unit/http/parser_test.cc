#include "http/parser.h"

#include <gtest/gtest.h>

namespace pd::http {
namespace {

// The whole input, given in pieces of `step` bytes.
struct Read {
  unsigned status = 0;
  bool complete = false;
  std::size_t used = 0;
  Request request;
};

Read read(const std::string& input, Limits limits = {}, std::size_t step = std::string::npos) {
  Read out;
  Parser parser(out.request, limits);
  std::size_t scanned = 0;
  const std::size_t end = head_end(input, scanned);
  if (end == 0) return out;
  out.status = parser.head(std::string_view(input).substr(0, end));
  std::size_t begin = end;
  std::size_t shown = end;
  while (out.status == 0 && !parser.complete()) {
    const auto progress = parser.body(std::string_view(input).substr(begin, shown - begin));
    begin += progress.used;
    out.status = progress.status;
    if (progress.used != 0) continue;
    if (shown == input.size()) break;
    shown = step >= input.size() - shown ? input.size() : shown + step;
  }
  out.complete = out.status == 0 && parser.complete();
  out.used = begin;
  return out;
}

unsigned status(const std::string& input) {
  return read(input).status;
}

std::string with(const std::string& headers) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

TEST(HeadEnd, FindsTheEmptyLineOnceItIsThere) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  std::size_t scanned = 0;
  for (std::size_t size = 0; size < head.size(); ++size)
    ASSERT_EQ(head_end(head.substr(0, size), scanned), 0u) << size;
  EXPECT_EQ(head_end(head + "rest", scanned), head.size());
}

TEST(Parser, ReadsAHead) {
  const Read got = read("GET /a%20b?c HTTP/1.1\r\nHoSt: example.org\r\nX-Empty:\r\nX:  spaced \t\r\nX: twice\r\n\r\n");
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.request.method, "GET");
  EXPECT_EQ(got.request.target, "/a%20b?c");
  EXPECT_EQ(got.request.path, "/a b");
  const std::vector<Header> headers{{"host", "example.org"}, {"x-empty", ""}, {"x", "spaced"}, {"x", "twice"}};
  EXPECT_EQ(got.request.headers, headers);
}

TEST(Parser, AnAbsoluteTargetReplacesTheHost) {
  const Read got = read("GET https://example.org:1/x HTTP/1.1\r\nA: b\r\nHost: other\r\n\r\n");
  EXPECT_EQ(got.request.target, "/x");
  EXPECT_EQ(got.request.header("host"), "example.org:1");
  EXPECT_EQ(got.request.headers.size(), 2u);
}

TEST(Parser, ReadsABodyOfAGivenLength) {
  const std::string input = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /next";
  for (const std::size_t step : {1u, 2u, 100u}) {
    const Read got = read(input, {}, step);
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(got.request.body, "hello");
    EXPECT_EQ(input.substr(got.used), "GET /next");
  }
}

TEST(Parser, ReadsAChunkedBodyAndDropsItsTrailers) {
  const std::string input =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nhel\r\n2;ext=\"x\"\r\nlo\r\n0\r\nContent-Type: evil\r\nHost: evil\r\n\r\nGET /next";
  for (const std::size_t step : {1u, 3u, 100u, 1000u}) {
    const Read got = read(input, {}, step);
    EXPECT_TRUE(got.complete) << step << ' ' << got.status;
    EXPECT_EQ(got.request.body, "hello");
    EXPECT_EQ(got.request.headers.size(), 2u);
    EXPECT_EQ(input.substr(got.used), "GET /next");
  }
}

TEST(Parser, MalformedHeads) {
  for (const char* line :
       {"GET /", "GET / HTTP/1.1 x", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /\tHTTP/1.1",
        "GET / http/1.1", "GET / HTTP/1,1", "GET / HTTP/11", "G@T / HTTP/1.1", "GET a HTTP/1.1", "GET * HTTP/1.1",
        "GET /%00 HTTP/1.1", "GET /%zz HTTP/1.1", "GET /%ff HTTP/1.1", "GET /\x80 HTTP/1.1"}) {
    const unsigned got = status(std::string(line) + "\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(got == 400 || got == 505) << line << ' ' << got;
  }
  for (const char* line : {"no colon", ": no name", "space : x", "tab\t: x", "a\x01: x", "a: \x01", "a: x\ry",
                           "a: x\ny: z", "a: x\x7f", "(a): x"}) {
    EXPECT_EQ(status(with(std::string(line) + "\r\n")), 400u) << line;
  }
  EXPECT_EQ(status(with("A: b\r\n folded\r\n")), 400u);
  EXPECT_EQ(status(with("A: b\r\n\tfolded\r\n")), 400u);
  EXPECT_EQ(status(with(std::string("A: b\0c\r\n", 8))), 400u);
}

TEST(Parser, VersionsAndMethods) {
  EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505u);
  EXPECT_EQ(status("GET / HTTP/0.9\r\nHost: a\r\n\r\n"), 505u);
  EXPECT_EQ(status("GET / HTTP/1.0\r\n\r\n"), 0u);
  for (const char* method : {"FOO", "get", "TRACE", "CONNECT", "PRI"}) {
    EXPECT_EQ(status(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n"), 501u) << method;
  }
  EXPECT_EQ(status("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0u);
}

TEST(Parser, ExactlyOneHost) {
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), 400u);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400u);
  EXPECT_EQ(status(with("Host: a\r\n")), 400u);
  EXPECT_EQ(status(with("Host: b\r\n")), 400u);
  EXPECT_EQ(status("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400u);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400u);
  EXPECT_EQ(status("GET https://a/ HTTP/1.1\r\n\r\n"), 400u) << "RFC 9112, 3.2.2: Host is needed all the same";
}

TEST(Parser, WhereTheBodyEndsIsNeverInDoubt) {
  for (const char* headers :
       {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1, 1\r\n", "Content-Length: 1,\r\n", "Content-Length: +1\r\n", "Content-Length: -1\r\n",
        "Content-Length: 0x1\r\n", "Content-Length: 1 1\r\n", "Content-Length:\r\n", "Content-Length: a\r\n",
        "Content-Length: 1.0\r\n", "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 18446744073709551616\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
        "Content_Length: 5\r\nContent-Length: 4\r\nContent-Length : 3\r\n"}) {
    const Read got = read(with(headers));
    EXPECT_TRUE(got.status == 400 || got.status == 501) << headers << got.status;
  }
  for (const char* encoding : {"gzip", "identity", "chunked, chunked", "gzip, chunked", "chunked, gzip", "xchunked",
                               "\"chunked\"", "chunked;q=1", "chunked,", ",chunked",
                               "\x0b"
                               "chunked"}) {
    const unsigned got = status(with("Transfer-Encoding: " + std::string(encoding) + "\r\n"));
    EXPECT_TRUE(got == 400 || got == 501) << encoding << ' ' << got;
  }
  EXPECT_EQ(status("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400u);
}

TEST(Parser, MalformedChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body : {"x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1\na\n0\n\n",
                           "1\r\nab\r\n", "1\r\na\n", "1 \r\nabc\r\n", "fffffffffffffffff\r\n", "10000000000000000\r\n",
                           "\r\n", ";a=b\r\n", "1;\r\na\r\n0\r\n\r\n", "1\r\na\r\n0\r\nContent-Length: 3\r\n\r\n"}) {
    const Read got = read(head + body + "\r\n\r\n");
    EXPECT_TRUE(got.status == 400 || got.status == 413) << body << ' ' << got.status << got.complete;
  }
}

TEST(Parser, Bounds) {
  Limits limits;
  limits.body_bytes = 10;
  limits.header_count = 3;
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(read(post + "Content-Length: 11\r\n\r\n", limits).status, 413u);
  EXPECT_EQ(read(post + "Content-Length: 10\r\n\r\n0123456789", limits).status, 0u);
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read(chunked + "5\r\n01234\r\n5\r\n01234\r\n0\r\n\r\n", limits).status, 0u);
  EXPECT_EQ(read(chunked + "5\r\n01234\r\n6\r\n012345\r\n0\r\n\r\n", limits).status, 413u);
  EXPECT_EQ(read(chunked + "ffffffffffffffff\r\n", limits).status, 413u);
  EXPECT_EQ(read(post + "A: b\r\nA: b\r\n\r\n", limits).status, 0u);
  EXPECT_EQ(read(post + "A: b\r\nA: b\r\nA: b\r\n\r\n", limits).status, 431u);

  // Extensions cost the sender little and the reader much: they are counted too.
  limits.header_bytes = 100;
  std::string extended = chunked;
  for (int i = 0; i < 5; ++i)
    extended += "1;a=" + std::string(50, 'b') + "\r\nx\r\n";
  EXPECT_EQ(read(extended + "0\r\n\r\n", limits).status, 400u);
}

TEST(Parser, Expectations) {
  Request request;
  const Limits limits;
  Parser parser(request, limits);
  EXPECT_EQ(parser.head("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"), 0u);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_EQ(status(with("Expect: something\r\n")), 417u);
}

}  // namespace
}  // namespace pd::http
