#include "http/server/request_parser.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

constexpr std::string_view chunked_head = "POST /a?b=c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// Feeds the body in pieces; gives what is left after it.
tl::expected<std::string, Refusal> read(Request& request, std::string_view head_text, std::string_view body,
                                        std::size_t piece, std::size_t limit = 100) {
  RequestParser parser;
  const auto head = check_head(head_text);
  if (const auto begun = parser.begin(head.value(), head_text, limit, request); !begun)
    return tl::unexpected(begun.error());
  std::string received;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    received += body.substr(at, piece);
    if (parser.is_done()) continue;
    const auto fed = parser.feed(received);
    if (!fed) return tl::unexpected(fed.error());
    received.erase(0, *fed);
  }
  EXPECT_TRUE(parser.is_done());
  return received;
}

TEST(RequestParser, chunks_may_come_in_any_pieces) {
  for (const std::string_view body : {"0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "1\r\nh\r\n4;x=y\r\nello\r\n0\r\n\r\n"})
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      Request request;
      EXPECT_EQ(read(request, chunked_head, body, piece).value(), "") << body << " " << piece;
      EXPECT_EQ(request.body, body.size() == 5 ? "" : "hello");
    }
}

TEST(RequestParser, fills_the_request_and_leaves_what_follows) {
  Request request;
  EXPECT_EQ(read(request, chunked_head, "5\r\nhello\r\n0\r\n\r\nGET", 1).value(), "GET");
  EXPECT_EQ(request.method, Method::post);
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b=c");
  EXPECT_EQ(request.headers.find("host"), "a");

  Request sized;
  EXPECT_EQ(read(sized, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "helloGET", 3).value(), "GET");
  EXPECT_EQ(sized.body, "hello");
}

TEST(RequestParser, refuses_bodies_past_the_limit_however_they_are_framed) {
  Request sized;
  EXPECT_EQ(read(sized, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "hello", 9, 4).error().status, 413);
  Request chunked;
  EXPECT_EQ(read(chunked, chunked_head, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 9, 4).error().status, 413);
}

}  // namespace
}  // namespace latchkey::http
