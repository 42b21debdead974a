// What goes out: methods, fields, bodies that are read while they are sent, and what is sent a second time.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/curl_clients.h"

namespace latchkey::http {
namespace {

using testing::client_with;
using testing::code_of;
using testing::get;
using testing::http_reply;
using testing::says;
using testing::ScriptedServer;

TEST(CurlClient, a_post_carries_its_body_and_headers) {
  const ScriptedServer server(says(http_reply("{}", "201 Created", "DPoP-Nonce: n1\r\nX-A: 1\r\nX-A: 2\r\n")));
  Request request = get(server.url("/token"));
  request.method = Method::post;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("DPoP", "proof");
  request.body = "a=b";
  const auto response = client_with({})->send(request);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers.find("dpop-nonce"), "n1");
  EXPECT_EQ(response->headers.count("x-a"), 2u);
  const std::string sent = server.last_request();
  EXPECT_TRUE(sent.starts_with("POST /token HTTP/1.1\r\n"));
  EXPECT_NE(sent.find("\r\nDPoP: proof\r\n"), std::string::npos);
  EXPECT_NE(sent.find("\r\nContent-Length: 3\r\n"), std::string::npos);
  EXPECT_EQ(sent.find("Expect:"), std::string::npos);
  EXPECT_TRUE(sent.ends_with("\r\n\r\na=b"));
}

// Answers the first request, keeps the connection, and closes it when the second one has arrived there.
class ServerThatLosesOne {
 public:
  // What became of `second`, and how often the server saw its method.
  std::pair<Result<Response>, int> send(Request second, const Renewal& renew = nullptr) {
    const auto client = client_with({});
    second.url = server_.url();
    EXPECT_TRUE(client->send(get(server_.url())));
    is_losing_ = true;
    auto response = renew ? client->send_renewable(second, renew, {}) : client->send(second);
    return {std::move(response), seen_.load()};
  }
  std::string last_request() const { return server_.last_request(); }

 private:
  std::atomic<bool> is_losing_ = false;
  std::atomic<int> seen_ = 0;
  ScriptedServer server_{[this](const std::string&) {
    if (!is_losing_) return testing::lasting_reply("first");
    return ++seen_ == 1 ? std::string() : testing::lasting_reply("again");
  }};
};

TEST(CurlClient, a_post_into_a_connection_that_dies_is_not_sent_twice) {
  for (const Method method : {Method::post, Method::patch}) {
    Request request;
    request.method = method;
    request.body = "grant_type=refresh_token";
    const auto [response, seen] = ServerThatLosesOne().send(request);
    EXPECT_EQ(code_of(response), Code::network_unreachable);
    EXPECT_EQ(seen, 1) << name_of(method);
  }
}

TEST(CurlClient, a_dpop_proof_is_not_sent_twice) {
  Request request;
  request.headers.add("DPoP", "proof");
  const auto [response, seen] = ServerThatLosesOne().send(request);
  EXPECT_EQ(code_of(response), Code::network_unreachable);
  EXPECT_EQ(seen, 1);
}

TEST(CurlClient, what_may_be_repeated_is_repeated_on_a_new_connection) {
  const auto [response, seen] = ServerThatLosesOne().send({});
  EXPECT_TRUE(response);
  EXPECT_EQ(seen, 2);
}

TEST(CurlClient, a_dpop_proof_that_can_be_renewed_is_for_what_may_be_repeated) {
  for (const Method method : {Method::get, Method::put, Method::delete_, Method::post}) {
    int renewed = 0;
    Request request;
    request.method = method;
    request.headers.add("DPoP", "proof");
    const auto renew = [&](Headers& headers) -> Status {
      ++renewed;
      headers.set("DPoP", "another proof");
      return {};
    };
    ServerThatLosesOne server;
    const auto [response, seen] = server.send(request, renew);
    const bool is_idempotent = method != Method::post;
    EXPECT_EQ(response.has_value(), is_idempotent) << name_of(method);
    EXPECT_EQ(seen, is_idempotent ? 2 : 1) << name_of(method);
    EXPECT_EQ(renewed, is_idempotent ? 1 : 0) << name_of(method);
    EXPECT_EQ(server.last_request().find("another proof") != std::string::npos, is_idempotent) << name_of(method);
  }
}

TEST(CurlClient, what_cannot_be_renewed_fails_with_the_reason) {
  Request request;
  request.headers.add("DPoP", "proof");
  const auto [response, seen] =
      ServerThatLosesOne().send(request, [](Headers&) -> Status { return fail(Code::crypto_failed); });
  EXPECT_EQ(code_of(response), Code::crypto_failed);
  EXPECT_EQ(seen, 1);
}

TEST(CurlClient, a_renewed_request_goes_out_once_more_and_not_again) {
  std::atomic<int> seen = 0;
  const ScriptedServer server([&](const std::string&) {
    return ++seen == 1 ? std::optional(testing::lasting_reply("first")) : std::optional(std::string());
  });
  const auto client = client_with({});
  Request request = get(server.url());
  request.headers.add("DPoP", "proof");
  const auto renew = [](Headers&) { return Status(); };
  EXPECT_TRUE(client->send_renewable(request, renew, {}));
  EXPECT_EQ(code_of(client->send_renewable(request, renew, {})), Code::network_unreachable);
  EXPECT_EQ(seen, 3);
}

TEST(CurlClient, every_method_goes_out_as_it_is) {
  const ScriptedServer server(
      [](const std::string& request) { return http_reply(request.starts_with("HEAD") ? "" : "x"); });
  const auto client = client_with({});
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_, Method::options}) {
    Request request = get(server.url());
    request.method = method;
    ASSERT_TRUE(client->send(request)) << name_of(method);
    EXPECT_TRUE(server.last_request().starts_with(std::string(name_of(method)) + " / HTTP/1.1\r\n"));
  }
}

class Letters final : public BodySource {
 public:
  explicit Letters(std::uint64_t size, std::uint64_t readable = ~std::uint64_t{0}) : size_(size), readable_(readable) {}
  std::uint64_t size() const override { return size_; }
  Status read(std::uint64_t offset, MutableBytes out) const override {
    if (offset + out.size() > readable_) return fail(Code::storage_failed, "unreadable");
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>('a' + (offset + i) % 26);
    return {};
  }

 private:
  std::uint64_t size_, readable_;
};

TEST(CurlClient, a_body_is_read_while_it_is_sent) {
  const ScriptedServer server(says(http_reply("")));
  Request request = get(server.url("/objects/1"));
  request.method = Method::put;
  request.body_source = std::make_shared<Letters>(200'000);
  ASSERT_TRUE(client_with({})->send(request));
  const std::string sent = server.last_request();
  EXPECT_TRUE(sent.starts_with("PUT /objects/1 HTTP/1.1\r\n"));
  EXPECT_NE(sent.find("\r\nContent-Length: 200000\r\n"), std::string::npos);
  EXPECT_EQ(sent.find("Expect:"), std::string::npos);
  const std::string body = sent.substr(sent.find("\r\n\r\n") + 4);
  ASSERT_EQ(body.size(), 200'000U);
  for (std::size_t i = 0; i < body.size(); i += 997) EXPECT_EQ(body[i], static_cast<char>('a' + i % 26)) << i;
}

TEST(CurlClient, a_body_that_cannot_be_read_ends_the_request_with_its_own_error) {
  const ScriptedServer server(says(http_reply("")));
  Request request = get(server.url());
  request.method = Method::put;
  request.body_source = std::make_shared<Letters>(200'000, 100'000);
  EXPECT_EQ(code_of(client_with({})->send(request)), Code::storage_failed);
}

TEST(CurlClient, a_body_that_is_read_is_repeated_from_its_beginning) {
  Request request;
  request.method = Method::put;
  request.body_source = std::make_shared<Letters>(30);
  const auto [response, seen] = ServerThatLosesOne().send(request);
  EXPECT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(seen, 2);
}

TEST(CurlClient, headers_that_could_smuggle_are_refused) {
  const auto client = client_with({});
  const auto outcome = [&](const char* name, const char* value) {
    Request request = get("http://127.0.0.1:1/");
    request.headers.add(name, value);
    return code_of(client->send(request));
  };
  EXPECT_EQ(outcome("X", "a\r\nY: b"), Code::invalid_argument);
  EXPECT_EQ(outcome("X\r\nY", "a"), Code::invalid_argument);
  EXPECT_EQ(outcome("", "a"), Code::invalid_argument);
  EXPECT_EQ(outcome("Host", "evil.test"), Code::invalid_argument);
  EXPECT_EQ(outcome("content-length", "3"), Code::invalid_argument);
  EXPECT_EQ(outcome("Transfer-Encoding", "chunked"), Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::http
