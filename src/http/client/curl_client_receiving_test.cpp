// What comes back: bodies that go to a receiver, what is too large, redirects.
#include <gtest/gtest.h>

#include "tests/support/curl_clients.h"

namespace latchkey::http {
namespace {

using testing::client_with;
using testing::code_of;
using testing::get;
using testing::http_reply;
using testing::says;
using testing::ScriptedServer;

TEST(CurlClient, a_redirect_is_an_answer_and_is_not_followed) {
  const ScriptedServer server(says(http_reply("", "302 Found", "Location: /elsewhere\r\n")));
  const auto response = client_with({})->send(get(server.url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(server.connections(), 1);
}

class Kept final : public BodyReceiver {
 public:
  Status begin(const Response& head) override {
    ++begun;
    status = head.status;
    etag = head.headers.find("ETag").value_or("");
    return {};
  }
  Status write(std::string_view piece) override {
    if (bytes.size() + piece.size() > most) return fail(Code::storage_full, "no more");
    bytes += piece;
    return {};
  }
  int begun = 0, status = 0;
  std::string etag, bytes;
  std::size_t most = ~std::size_t{0};
};

TEST(CurlClient, a_receiver_gets_the_body_instead_of_the_response) {
  const std::string body(300'000, 'x');
  const ScriptedServer server(says(http_reply(body, "206 Partial Content", "ETag: \"1\"\r\n")));
  Kept kept;
  Request request = get(server.url());
  request.receiver = &kept;
  const auto response = client_with({})->send(request);
  ASSERT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(response->status, 206);
  EXPECT_EQ(response->body_size(), 0U);
  EXPECT_EQ(kept.begun, 1);
  EXPECT_EQ(kept.status, 206);
  EXPECT_EQ(kept.etag, "\"1\"");
  EXPECT_EQ(kept.bytes, body);
}

TEST(CurlClient, what_a_receiver_refuses_is_what_the_request_fails_with) {
  const ScriptedServer server(says(http_reply(std::string(300'000, 'x'))));
  Kept kept;
  kept.most = 1000;
  Request request = get(server.url());
  request.receiver = &kept;
  EXPECT_EQ(code_of(client_with({})->send(request)), Code::storage_full);
}

TEST(CurlClient, a_receiver_keeps_what_came_before_the_connection_broke) {
  const ScriptedServer server(says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf"));
  Kept kept;
  Request request = get(server.url());
  request.receiver = &kept;
  EXPECT_EQ(code_of(client_with({})->send(request)), Code::network_unreachable);
  EXPECT_EQ(kept.bytes, "half");
}

TEST(CurlClient, an_oversize_body_is_refused) {
  CurlOptions options;
  options.max_response_body_bytes = 100;
  const ScriptedServer fits(says(http_reply(std::string(100, 'x'))));
  const ScriptedServer exceeds(says(http_reply(std::string(101, 'x'))));
  const ScriptedServer unannounced(says("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(5000, 'x')));
  const auto client = client_with(options);
  EXPECT_TRUE(client->send(get(fits.url())));
  EXPECT_EQ(code_of(client->send(get(exceeds.url()))), Code::input_too_large);
  EXPECT_EQ(code_of(client->send(get(unannounced.url()))), Code::input_too_large);
}

TEST(CurlClient, an_oversize_head_is_refused) {
  CurlOptions options;
  options.max_response_head_bytes = 1000;
  const ScriptedServer server(says(http_reply("", "200 OK", "X-Long: " + std::string(1000, 'x') + "\r\n")));
  EXPECT_EQ(code_of(client_with(options)->send(get(server.url()))), Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::http
