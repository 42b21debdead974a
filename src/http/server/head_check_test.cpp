#include "http/server/head_check.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/limits.h"

namespace latchkey::http {
namespace {

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string line(std::string_view request_line) { return std::string(request_line) + "\r\nHost: a\r\n\r\n"; }

int status_of(std::string_view head) {
  const auto checked = check_head(head);
  return checked ? 200 : checked.error().status;
}

TEST(HeadCheck, gives_the_parts_of_a_request) {
  const auto head =
      check_head("POST /token?a=1&b=%20 HTTP/1.1\r\nHost: id.example.com:8443\r\nContent-Length: 12\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, Method::post);
  EXPECT_EQ(head->path, "/token");
  EXPECT_EQ(head->query, "a=1&b=%20");
  EXPECT_EQ(head->framing, Framing::content_length);
  EXPECT_EQ(head->content_length, 12U);
  EXPECT_TRUE(head->keep_alive);
}

TEST(HeadCheck, request_lines_have_one_shape) {
  for (const char* bad : {"GET  / HTTP/1.1",
                          "GET / HTTP/1.1 ",
                          " GET / HTTP/1.1",
                          "GET /",
                          "GET",
                          "GET / HTTP/2.0",
                          "GET / HTTP/1.2",
                          "GET / http/1.1",
                          "GET / HTTP/1.10",
                          "GET\t/ HTTP/1.1",
                          "GET / x HTTP/1.1",
                          "G(T / HTTP/1.1",
                          "GET a HTTP/1.1",
                          "GET * HTTP/1.1",
                          "GET /# HTTP/1.1",
                          "GET /\x80 HTTP/1.1",
                          "GET /% HTTP/1.1",
                          "GET /%2 HTTP/1.1",
                          "GET /%zz HTTP/1.1",
                          "GET /a\\b HTTP/1.1",
                          "GET /\x7f HTTP/1.1",
                          "GET /<a> HTTP/1.1",
                          "GET ftp://a/ HTTP/1.1",
                          "OPTIONS a:1 HTTP/1.1",
                          "PRI * HTTP/2.0",
                          "GET / HTTP/1.1\rX: y",
                          "GET / HTTP/1,1",
                          "GET / HTTP 1.1"})
    EXPECT_EQ(status_of(line(bad)), 400) << bad;
  EXPECT_EQ(status_of(line("BREW / HTTP/1.1")), 501);
  EXPECT_EQ(status_of(line("get / HTTP/1.1")), 501);
  EXPECT_EQ(status_of(line("OPTIONS * HTTP/1.1")), 200);
  EXPECT_EQ(status_of(line("GET /a\?\?b|{} HTTP/1.1")), 200);
}

TEST(HeadCheck, absolute_targets_must_name_the_host) {
  EXPECT_EQ(check_head(line("GET http://A/x?y HTTP/1.1"))->path, "/x");
  for (const char* bad : {"GET http://b/x HTTP/1.1", "GET http://a HTTP/1.1", "GET http://a?x HTTP/1.1",
                          "GET http://u@a/ HTTP/1.1", "GET http://a:80/ HTTP/1.1", "GET http:///x HTTP/1.1"})
    EXPECT_EQ(status_of(line(bad)), 400) << bad;
}

TEST(HeadCheck, host_is_present_once_and_valid) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status_of(get("Host: a\r\n")), 400);
  for (const char* good : {"a", "A.b-c:65535", "127.0.0.1", "[::1]", "[2001:db8::1]:443"})
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + std::string(good) + "\r\n\r\n"), 200) << good;
  for (const char* bad : {"", "a b", "a:", "a:0", "a:65536", "a:x", "a/b", "u@a", ":80", "[::1", "::1", "[1.2.3.4]",
                          "[::1]x", "a%20b", "a:80:80", "a?b", "a#b", "a\\b", "[fe80::1%lo]"})
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n"), 400) << bad;
}

TEST(HeadCheck, framing_is_never_ambiguous) {
  for (const char* bad : {"Content-Length: 1\r\nContent-Length: 1\r\n",
                          "Content-Length: 1, 1\r\n",
                          "Content-Length: +1\r\n",
                          "Content-Length: -1\r\n",
                          "Content-Length: 0x1\r\n",
                          "Content-Length: 01\r\n",
                          "Content-Length:\r\n",
                          "Content-Length: 1 1\r\n",
                          "Content-Length: 99999999999999999999\r\n",
                          "Content-Length: 1.0\r\n",
                          "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                          "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
                          "Transfer-Encoding: gzip, chunked\r\n",
                          "Transfer-Encoding: chunked, identity\r\n",
                          "Transfer-Encoding: x\r\n",
                          "Transfer-Encoding: identity\r\n",
                          "Transfer-Encoding: xchunked\r\n",
                          "Transfer-Encoding: \"chunked\"\r\n",
                          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                          "Transfer-Encoding:\r\n",
                          "Transfer-Encoding: \x0b"
                          "chunked\r\n",
                          "Transfer-Encoding: chunked;q=1\r\n",
                          "Content_Length: 1\r\n",
                          "transfer_encoding: chunked\r\n",
                          "ho\x73t : b\r\n"})
    EXPECT_EQ(status_of(get(bad)), 400) << bad;
  EXPECT_EQ(check_head(get("Transfer-Encoding: Chunked\r\n"))->framing, Framing::chunked);
  EXPECT_EQ(check_head(get("Content-Length: 0\r\n"))->framing, Framing::no_body);
  EXPECT_EQ(check_head(get(""))->framing, Framing::no_body);
}

TEST(HeadCheck, field_lines_are_strict) {
  for (const char* bad : {"A : b\r\n", "A\t: b\r\n", " A: b\r\n", "A: b\r\n c\r\n", "A: b\r\n\tc\r\n", ": b\r\n",
                          "A\r\n", "A(: b\r\n", "A: b\rc\r\n", "A: \x01\r\n", "A: \x7f\r\n", "\x80: b\r\n",
                          "A: b\r\r\n", "Authorization: a\r\nAuthorization: b\r\n",
                          "Content-Type: a\r\nContent-Type: b\r\n", "Expect: 100-continue\r\nExpect: 100-continue\r\n"})
    EXPECT_EQ(status_of(get(bad)), 400) << bad;
  EXPECT_EQ(status_of(get(std::string_view("A: b\0c\r\n", 8))), 400);
  EXPECT_EQ(status_of(get(std::string_view("A\0: b\r\n", 7))), 400);
  EXPECT_EQ(status_of(get("A:b\r\nB: \t c \t\r\nC:\r\nD: \xc3\xa9\r\n")), 200);
}

TEST(HeadCheck, too_many_fields_are_refused) {
  std::string fields;
  for (std::size_t i = 1; i < protocol::limits::request_fields; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(get(fields)), 200);
  EXPECT_EQ(status_of(get(fields + "A: b\r\n")), 431);
}

TEST(HeadCheck, the_connection_field_decides_about_keep_alive) {
  EXPECT_FALSE(check_head(get("Connection: close\r\n"))->keep_alive);
  EXPECT_TRUE(check_head(get("Connection: keep-alive\r\n"))->keep_alive);
  EXPECT_FALSE(check_head(get("Connection: TE, Close\r\n"))->keep_alive);
  for (const char* bad : {"Connection: upgrade\r\n", "Upgrade: h2c\r\n", "Connection: Host\r\n", "Connection: a b\r\n",
                          "Connection: close,\r\n", "Connection: Transfer-Encoding\r\n", "Connection:\r\n"})
    EXPECT_EQ(status_of(get(bad)), 400) << bad;
}

TEST(HeadCheck, http_1_0_is_one_request_and_no_more) {
  EXPECT_FALSE(check_head("GET / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(HeadCheck, expectations) {
  EXPECT_TRUE(check_head(get("Expect: 100-Continue\r\n"))->expects_continue);
  EXPECT_EQ(status_of(get("Expect: tea\r\n")), 417);
}

TEST(HeadScanner, finds_the_end_whatever_the_pieces) {
  const std::string head = get("A: b\r\n");
  const std::string text = head + "body\n\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    HeadScanner scanner;
    std::optional<std::size_t> found;
    for (std::size_t size = piece; !found; size += piece) found = scanner.scan(text.substr(0, size)).value();
    EXPECT_EQ(found, head.size()) << piece;
  }
}

TEST(HeadScanner, refuses_bare_line_feeds_at_once) {
  EXPECT_EQ(HeadScanner().scan("GET / HTTP/1.1\n").error().status, 400);
  EXPECT_EQ(HeadScanner().scan("\n").error().status, 400);
  EXPECT_EQ(HeadScanner().scan("\r\n").error().status, 400);
  EXPECT_EQ(HeadScanner().scan("GET / HTTP/1.1\r\nA: b\n").error().status, 400);
  EXPECT_EQ(HeadScanner().scan("GET / HTTP/1.1\r\n\n").error().status, 400);
}

TEST(HeadScanner, bounds_lines_and_heads) {
  EXPECT_EQ(HeadScanner().scan(std::string(protocol::limits::request_line + 1, 'a')).error().status, 414);
  EXPECT_FALSE(HeadScanner().scan(std::string(protocol::limits::request_line, 'a')).value());
  const std::string long_field = "GET / HTTP/1.1\r\nA: " + std::string(protocol::limits::request_head, 'a');
  EXPECT_EQ(HeadScanner().scan(long_field).error().status, 431);
  EXPECT_EQ(HeadScanner().scan(long_field + "\r\n\r\n").error().status, 431);
}

}  // namespace
}  // namespace latchkey::http
