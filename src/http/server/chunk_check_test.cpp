#include "http/server/chunk_check.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey::http {
namespace {

// Feeds in pieces of every size; all must agree. Gives the consumed bytes, or none when refused.
std::optional<std::size_t> consumed(std::string_view body) {
  std::optional<std::size_t> first;
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    ChunkCheck check;
    std::optional<std::size_t> total = 0;
    for (std::size_t at = 0; at < body.size() && total && !check.is_done(); at += piece) {
      const auto fed = check.feed(body.substr(at, piece));
      total = fed ? std::optional(*total + *fed) : std::nullopt;
    }
    if (piece == 1)
      first = total;
    else
      EXPECT_EQ(first, total) << body << " in pieces of " << piece;
  }
  return first;
}

TEST(ChunkCheck, takes_well_formed_bodies_and_nothing_after_them) {
  EXPECT_EQ(consumed("5\r\nhello\r\n0\r\n\r\n"), 15U);
  EXPECT_EQ(consumed("5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), 15U);
  EXPECT_EQ(consumed("0\r\n\r\n"), 5U);
  EXPECT_EQ(consumed("A;a=b;c=\"d\"\r\n0123456789\r\n000\r\n\r\n"), 32U);
  EXPECT_EQ(consumed("1\r\na\r\n1\r\nb\r\n0\r\n\r\n"), 17U);
}

TEST(ChunkCheck, refuses_everything_else) {
  for (const char* bad : {"5\nhello\r\n0\r\n\r\n",
                          "5\r\nhello\n0\r\n\r\n",
                          "5\r\nhello0\r\n\r\n",
                          "5\r\nhelloo\r\n0\r\n\r\n",
                          "\r\n",
                          "g\r\n",
                          "0x5\r\nhello\r\n",
                          "-1\r\n",
                          "+5\r\nhello\r\n",
                          " 5\r\nhello\r\n",
                          "5 \r\nhello\r\n",
                          "5\t;a\r\nhello\r\n",
                          "123456789\r\n",
                          "000000005\r\nhello\r\n",
                          "5;a b\r\nhello\r\n",
                          "5;a\nhello\r\n",
                          "0\r\nX: y\r\n\r\n",
                          "0\r\n\n",
                          "0\n\n",
                          "5\r\rhello",
                          "5;\x01\r\nhello",
                          "5\r\nhello\r\r\n0\r\n\r\n",
                          ";a\r\n\r\n",
                          "0\r\n\r\r"})
    EXPECT_FALSE(consumed(bad)) << bad;
  EXPECT_FALSE(consumed("1;" + std::string(65, 'x') + "\r\na\r\n0\r\n\r\n"));
}

TEST(ChunkCheck, extensions_are_bounded_over_the_whole_body) {
  std::string body;
  for (int i = 0; i < 3; ++i) body += "1;" + std::string(30, 'x') + "\r\na\r\n";
  EXPECT_FALSE(consumed(body + "0\r\n\r\n"));
}

}  // namespace
}  // namespace latchkey::http
