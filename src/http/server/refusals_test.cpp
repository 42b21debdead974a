// Byte sequences that HTTP implementations have been known to read differently (request smuggling, response splitting,
// desynchronisation), sent to a real server over a socket. Each must be refused with its connection closed, and nothing
// that follows it may ever be answered.
#include <gtest/gtest.h>

#include <atomic>

#include "http/server/server.h"
#include "tests/support/raw_http.h"

namespace latchkey::http {
namespace {

using testing::RawHttp;
using namespace std::string_literals;

// What a smuggler wants to have answered.
const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

class Refusals : public ::testing::Test {
 protected:
  Refusals() {
    const auto answer = [](const Request&) -> Task<Response> { co_return text_response(200, "text/plain", "seen"); };
    routes_.add(Method::get, "/", answer);
    routes_.add(Method::post, "/", answer);
    routes_.add(Method::get, "/hidden", [this](const Request&) -> Task<Response> {
      ++hidden_requests_;
      co_return empty_response(204);
    });
    server_ = Server::start(routes_, {}).value();
  }

  // Sends the bytes with a hidden request behind them.
  void expect_refused(const std::string& bytes, std::string_view status = "400") {
    RawHttp client(server_->port());
    client.send(bytes + hidden);
    const std::string all = client.read_all();
    EXPECT_TRUE(all.starts_with("HTTP/1.1 " + std::string(status) + " ")) << bytes << "\n-> " << all;
    EXPECT_EQ(testing::count_responses(all), 1U) << bytes << "\n-> " << all;
    EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos) << bytes;
    EXPECT_EQ(hidden_requests_, 0) << bytes;
    ++cases_;
  }
  void expect_refused_fields(const std::string& fields) {
    expect_refused("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  }
  void expect_refused_line(const std::string& line) { expect_refused(line + "\r\nHost: a\r\n\r\n"); }
  void expect_refused_chunks(const std::string& body) {
    expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
  }

  std::atomic<int> hidden_requests_ = 0;
  int cases_ = 0;
  Router routes_;
  std::unique_ptr<Server> server_;
};

TEST_F(Refusals, lengths_and_codings_that_contradict_each_other) {
  for (const std::string& fields : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"s,
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"s,
           "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"s,
           "Content-Length: 5\r\nContent-Length: 5\r\n"s,
           "Content-Length: 5\r\nContent-Length: 6\r\n"s,
           "Content-Length: 5\r\ncontent-length: 0\r\n"s,
           "Content-Length: 0\r\nContent-Length: 33\r\n"s,
           "Content-Length: 5, 5\r\n"s,
           "Content-Length: 5,6\r\n"s,
           "Content-Length: 5;\r\n"s,
           "Content-Length: +5\r\n"s,
           "Content-Length: -5\r\n"s,
           "Content-Length: -0\r\n"s,
           "Content-Length: 05\r\n"s,
           "Content-Length: 0x5\r\n"s,
           "Content-Length: 5.0\r\n"s,
           "Content-Length: 5e0\r\n"s,
           "Content-Length: 5 0\r\n"s,
           "Content-Length: \"5\"\r\n"s,
           "Content-Length:\r\n"s,
           "Content-Length: \r\n"s,
           "Content-Length: five\r\n"s,
           "Content-Length: 18446744073709551616\r\n"s,
           "Content-Length: 99999999999999999999999999\r\n"s,
           "Content-Length: 5\x00\r\n"s + std::string(),
           "Content-Length\x00: 5\r\n"s,
           "Content-Length : 5\r\n"s,
           "Content-Length\t: 5\r\n"s,
           " Content-Length: 5\r\n"s,
           "Content_Length: 5\r\n"s,
           "X: y\r\n Content-Length: 5\r\n"s,
           "X: y\nContent-Length: 5\r\n"s,
           "X: y\rContent-Length: 5\r\n"s,
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"s,
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"s,
           "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"s,
           "Transfer-Encoding: chunked, chunked\r\n"s,
           "Transfer-Encoding: gzip, chunked\r\n"s,
           "Transfer-Encoding: chunked, gzip\r\n"s,
           "Transfer-Encoding: gzip\r\n"s,
           "Transfer-Encoding: identity\r\n"s,
           "Transfer-Encoding: xchunked\r\n"s,
           "Transfer-Encoding: chunkedx\r\n"s,
           "Transfer-Encoding: chunked;q=0.5\r\n"s,
           "Transfer-Encoding: \"chunked\"\r\n"s,
           "Transfer-Encoding: ,chunked\r\n"s,
           "Transfer-Encoding: chunked,\r\n"s,
           "Transfer-Encoding:\r\n"s,
           "Transfer-Encoding:\x0b"
           "chunked\r\n"s,
           "Transfer-Encoding: chun\x00ked\r\n"s,
           "Transfer-Encoding: \xc3\xa7hunked\r\n"s,
           "Transfer-Encoding : chunked\r\n"s,
           "Transfer-Encoding\r\n : chunked\r\n"s,
           "Transfer-Encoding:\r\n chunked\r\n"s,
           "Transfer_Encoding: chunked\r\n"s,
           "X: y\r\n\tTransfer-Encoding: chunked\r\n"s,
           "\rTransfer-Encoding: chunked\r\n"s,
           "\x0b"
           "Transfer-Encoding: chunked\r\n"s,
       })
    expect_refused_fields(fields);
  EXPECT_GE(cases_, 58);
}

TEST_F(Refusals, fields_that_are_not_fields) {
  for (const std::string& fields : {
           "X\r\n"s,
           ": y\r\n"s,
           "X : y\r\n"s,
           "X\t: y\r\n"s,
           " X: y\r\n"s,
           "\tX: y\r\n"s,
           "X: y\r\n z\r\n"s,
           "X: y\r\n\tz\r\n"s,
           "X: y\nZ: w\r\n"s,
           "X: y\rZ: w\r\n"s,
           "X: y\r\r\n"s,
           "X: \x00\r\n"s,
           "X: a\x01z\r\n"s,
           "X: a\x08z\r\n"s,
           "X: a\x0bz\r\n"s,
           "X: a\x0cz\r\n"s,
           "X: a\x1bz\r\n"s,
           "X: a\x7fz\r\n"s,
           "X\x00: y\r\n"s,
           "X\x7f: y\r\n"s,
           "X\x80: y\r\n"s,
           "X(: y\r\n"s,
           "X,Y: z\r\n"s,
           "X/Y: z\r\n"s,
           "X Y: z\r\n"s,
           "\"X\": z\r\n"s,
           "{X}: z\r\n"s,
           "\r\r\n"s,
           "Authorization: a\r\nAuthorization: b\r\n"s,
           "Content-Type: a/b\r\nContent-Type: c/d\r\n"s,
       })
    expect_refused_fields(fields);
  EXPECT_GE(cases_, 30);
}

TEST_F(Refusals, hosts_that_are_missing_doubled_or_strange) {
  for (const std::string& fields : {
           ""s,
           "Host: a\r\nHost: a\r\n"s,
           "Host: a\r\nHost: b\r\n"s,
           "Host: a\r\nhost: b\r\n"s,
           "Host:\r\n"s,
           "Host: \r\n"s,
           "Host: a b\r\n"s,
           "Host: a/b\r\n"s,
           "Host: a@b\r\n"s,
           "Host: a?b\r\n"s,
           "Host: a#b\r\n"s,
           "Host: a\\b\r\n"s,
           "Host: a:b\r\n"s,
           "Host: a:\r\n"s,
           "Host: a:0\r\n"s,
           "Host: a:99999\r\n"s,
           "Host: a:80:80\r\n"s,
           "Host: :80\r\n"s,
           "Host: [::1\r\n"s,
           "Host: ::1\r\n"s,
           "Host: [x]\r\n"s,
           "Host: [::1]a\r\n"s,
           "Host: http://a\r\n"s,
           "Host: \x80\r\n"s,
           "Host: a%00b\r\n"s,
           "Host : a\r\n"s,
           " Host: a\r\n"s,
           "Host: a\r\nHo_st: b\r\nHost: c\r\n"s,
           "H\x00st: a\r\n"s,
       })
    expect_refused("GET / HTTP/1.1\r\n" + fields + "\r\n");
  for (const char* target : {"http://b/", "http://a:81/", "https://b/", "http://a@b/", "http://b@a/", "http://a.b/",
                             "http:///", "http://a", "a:80", "ftp://a/"})
    expect_refused_line("GET " + std::string(target) + " HTTP/1.1");
  EXPECT_GE(cases_, 39);
}

TEST_F(Refusals, request_lines_of_other_shapes) {
  for (const std::string& line : {
           "GET  / HTTP/1.1"s,
           "GET / HTTP/1.1 "s,
           "GET /  HTTP/1.1"s,
           " GET / HTTP/1.1"s,
           "GET\t/\tHTTP/1.1"s,
           "GET / "s,
           "GET /"s,
           "GET"s,
           ""s,
           "GET / HTTP/0.9"s,
           "GET / HTTP/1.2"s,
           "GET / HTTP/2.0"s,
           "GET / HTTP/1.10"s,
           "GET / HTTP/01.1"s,
           "GET / HTTP/1.1x"s,
           "GET / HTTP/1"s,
           "GET / http/1.1"s,
           "GET / HTTPS/1.1"s,
           "GET / ICY"s,
           "PRI * HTTP/2.0"s,
           "GET * HTTP/1.1"s,
           "GET x HTTP/1.1"s,
           "GET ? HTTP/1.1"s,
           "GET /\x00 HTTP/1.1"s,
           "GET /\x01 HTTP/1.1"s,
           "GET /\x7f HTTP/1.1"s,
           "GET /\x80 HTTP/1.1"s,
           "GET /a#b HTTP/1.1"s,
           "GET /% HTTP/1.1"s,
           "GET /%0 HTTP/1.1"s,
           "GET /%gg HTTP/1.1"s,
           "GET /a\\b HTTP/1.1"s,
           "GET /\" HTTP/1.1"s,
           "GET /< HTTP/1.1"s,
           "G\x00T / HTTP/1.1"s,
           "G,T / HTTP/1.1"s,
           "GET /\rX HTTP/1.1"s,
           "GET /\nX HTTP/1.1"s,
           "GET / HTTP/1.1\rX: y"s,
           "\x16\x03\x01\x02\x00"s,
       })
    expect_refused_line(line);
  expect_refused("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET / HTTP/1.1\nHost: a\n\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\n\n");
  expect_refused("GET / HTTP/1.1\r\rHost: a\r\r\r\r\n\r\n");
  expect_refused("GET / HTTP/1.1\n\r\nHost: a\r\n\r\n");
  EXPECT_GE(cases_, 47);
}

TEST_F(Refusals, chunks_with_bad_framing) {
  for (const std::string& body : {
           "5\nhello\r\n0\r\n\r\n"s,
           "5\r\nhello\n0\r\n\r\n"s,
           "5\r\nhello\r\n0\n\n"s,
           "5\r\nhello\r\n0\r\n\n"s,
           "5\r\nhello0\r\n\r\n"s,
           "4\r\nhello\r\n0\r\n\r\n"s,
           "6\r\nhello\r\n0\r\n\r\n"s,
           "0x5\r\nhello\r\n0\r\n\r\n"s,
           "+5\r\nhello\r\n0\r\n\r\n"s,
           "-5\r\nhello\r\n0\r\n\r\n"s,
           " 5\r\nhello\r\n0\r\n\r\n"s,
           "5 \r\nhello\r\n0\r\n\r\n"s,
           "5\t\r\nhello\r\n0\r\n\r\n"s,
           "5_\r\nhello\r\n0\r\n\r\n"s,
           "g\r\n"s,
           "\r\n"s,
           ";a\r\n"s,
           "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"s,
           "5;\nx\r\nhello\r\n0\r\n\r\n"s,
           "5;a\rb\r\nhello\r\n0\r\n\r\n"s,
           "5; a\r\nhello\r\n0\r\n\r\n"s,
           "5;"s + std::string(100, 'x') + "\r\nhello\r\n0\r\n\r\n",
           "000000005\r\nhello\r\n0\r\n\r\n"s,
           "FFFFFFFFFFFFFFFF0\r\nhello\r\n0\r\n\r\n"s,
           "100000000\r\nhello\r\n"s,
           "5\r\rhello\r\n0\r\n\r\n"s,
           "5\r\nhello\r\r\n0\r\n\r\n"s,
           "0\r\nX: y\r\n\r\n"s,
           "0\r\nContent-Length: 5\r\n\r\n"s,
           "0\r\n\rX\r\n"s,
           "0\r\r\n\r\n"s,
           "0;a\nb\r\n\r\n"s,
           "\x00"s,
           "5\x00\r\nhello\r\n"s,
           "5,5\r\nhello\r\n0\r\n\r\n"s,
       })
    expect_refused_chunks(body);
  EXPECT_GE(cases_, 35);
}

TEST_F(Refusals, connections_that_would_change_their_protocol) {
  for (const std::string& fields :
       {"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"s,
        "Upgrade: websocket\r\n"s, "Connection: Upgrade\r\n"s, "Connection: close, upgrade\r\n"s,
        "Connection: Host\r\n"s, "Connection: Content-Length\r\n"s, "Connection: Transfer-Encoding\r\n"s,
        "Connection: a b\r\n"s, "Connection:\r\n"s, "Connection: ,\r\n"s, "Connection: \x01\r\n"s})
    expect_refused_fields(fields);
  expect_refused("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  expect_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_GE(cases_, 13);
}

TEST_F(Refusals, requests_that_other_statuses_explain_better_end_the_connection_all_the_same) {
  expect_refused("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "501");
  expect_refused("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "501");
  expect_refused("get / HTTP/1.1\r\nHost: a\r\n\r\n", "501");
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 0\r\n\r\n", "417");
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", "413");
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", "413");
}

TEST_F(Refusals, a_good_request_before_a_bad_one_is_still_answered) {
  RawHttp client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + hidden);
  const std::string all = client.read_all();
  EXPECT_TRUE(all.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(all.find("HTTP/1.1 400 "), std::string::npos);
  EXPECT_EQ(testing::count_responses(all), 2U);
  EXPECT_EQ(hidden_requests_, 0);
}

TEST_F(Refusals, a_body_is_never_read_as_a_request) {
  RawHttp client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(hidden.size()) +
              "\r\nConnection: close\r\n\r\n" + hidden);
  EXPECT_EQ(testing::count_responses(client.read_all()), 1U);
  EXPECT_EQ(hidden_requests_, 0);
}

}  // namespace
}  // namespace latchkey::http
