// The client against a real TLS server on a loopback port, with certificates made for the test.
#include "http/client/curl_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "tests/support/scripted_server.h"

namespace latchkey::http {
namespace {

using testing::http_reply;
using testing::ScriptedServer;
using testing::ServerIdentity;
using testing::ThrowawayCa;

const ThrowawayCa& ca() {
  static const ThrowawayCa authority;
  return authority;
}

CurlOptions trusting() {
  CurlOptions options;
  options.ca_file = ca().file_name();
  return options;
}

std::unique_ptr<CurlClient> client_with(CurlOptions options) {
  auto client = CurlClient::create(std::move(options));
  EXPECT_TRUE(client);
  return std::move(client).value();
}

Request get(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

Code code_of(const Result<Response>& result) { return result ? Code::internal : result.error().code; }

testing::Script says(const std::string& reply) {
  return [reply](const std::string&) { return reply; };
}

class CurlClientTls : public ::testing::Test {
 protected:
  std::string pin() const { return KeyPin::of_public_key(identity_.public_key_info()).text(); }
  std::string other_pin() const {
    return KeyPin::of_public_key(ThrowawayCa::self_signed("DNS:x").public_key_info()).text();
  }
  CurlOptions pinned(std::vector<std::string> pins) const {
    CurlOptions options = trusting();
    auto keys = PinnedKeys::create({{"127.0.0.1", std::move(pins)}});
    EXPECT_TRUE(keys);
    options.pinned_keys = std::move(keys).value();
    return options;
  }

  ServerIdentity identity_ = ca().issue("IP:127.0.0.1");
  ScriptedServer server_{says(http_reply("hello")), &identity_};
};

TEST_F(CurlClientTls, a_trusted_server_answers) {
  const auto response = client_with(trusting())->send(get(server_.url("/a?b=c")));
  ASSERT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body_text(), "hello");
  EXPECT_TRUE(server_.last_request().starts_with("GET /a?b=c HTTP/1.1\r\n"));
}

TEST_F(CurlClientTls, the_pinned_key_is_accepted) {
  EXPECT_TRUE(client_with(pinned({pin(), other_pin()}))->send(get(server_.url())));
}

TEST_F(CurlClientTls, a_backup_pin_is_accepted) {
  EXPECT_TRUE(client_with(pinned({other_pin(), pin()}))->send(get(server_.url())));
}

TEST_F(CurlClientTls, a_renewed_certificate_with_the_same_key_is_accepted) {
  const auto options = pinned({pin(), other_pin()});
  EVP_PKEY_up_ref(identity_.key.get());
  const ServerIdentity renewed = ca().issue_for(testing::PrivateKey(identity_.key.get()), "IP:127.0.0.1", 2);
  const ScriptedServer server(says(http_reply("")), &renewed);
  EXPECT_TRUE(client_with(options)->send(get(server.url())));
}

TEST_F(CurlClientTls, a_wrong_pin_is_refused_before_one_byte_is_sent) {
  Request request = get(server_.url());
  request.method = Method::post;
  request.body = "refresh_token=secret";
  EXPECT_EQ(code_of(client_with(pinned({other_pin(), other_pin()}))->send(request)), Code::pin_mismatch);
  EXPECT_EQ(server_.connections(), 1);
  EXPECT_EQ(server_.bytes_received(), 0u);
}

TEST_F(CurlClientTls, pins_do_not_replace_the_certificate_check) {
  CurlOptions options = pinned({pin(), other_pin()});
  const ThrowawayCa stranger;
  options.ca_file = stranger.file_name();
  EXPECT_EQ(code_of(client_with(std::move(options))->send(get(server_.url()))), Code::tls_untrusted);
}

TEST_F(CurlClientTls, a_certificate_of_a_foreign_authority_is_refused_before_one_byte_is_sent) {
  const ThrowawayCa stranger;
  CurlOptions options;
  options.ca_file = stranger.file_name();
  EXPECT_EQ(code_of(client_with(std::move(options))->send(get(server_.url()))), Code::tls_untrusted);
  EXPECT_EQ(server_.bytes_received(), 0u);
}

TEST_F(CurlClientTls, without_a_ca_file_the_system_decides) {
  EXPECT_EQ(code_of(client_with({})->send(get(server_.url()))), Code::tls_untrusted);
}

TEST_F(CurlClientTls, the_wrong_host_is_refused) {
  EXPECT_EQ(code_of(client_with(trusting())->send(get(server_.url("/", "localhost")))), Code::tls_untrusted);
  EXPECT_EQ(server_.bytes_received(), 0u);
}

TEST(CurlClient, a_self_signed_certificate_is_refused) {
  const ServerIdentity identity = ThrowawayCa::self_signed("IP:127.0.0.1");
  const ScriptedServer server(says(http_reply("")), &identity);
  EXPECT_EQ(code_of(client_with(trusting())->send(get(server.url()))), Code::tls_untrusted);
}

TEST(CurlClient, an_expired_certificate_is_refused) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1", -1);
  const ScriptedServer server(says(http_reply("")), &identity);
  EXPECT_EQ(code_of(client_with(trusting())->send(get(server.url()))), Code::tls_untrusted);
}

TEST(CurlClient, tls_1_1_is_refused) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer server(says(http_reply("")), &identity, TLS1_1_VERSION);
  EXPECT_EQ(code_of(client_with(trusting())->send(get(server.url()))), Code::protocol_violation);
  EXPECT_EQ(server.bytes_received(), 0u);
}

TEST(CurlClient, tls_1_2_is_accepted) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer server(says(http_reply("")), &identity, TLS1_2_VERSION);
  EXPECT_TRUE(client_with(trusting())->send(get(server.url())));
}

TEST(CurlClient, plain_http_works_on_loopback_only) {
  const ScriptedServer server(says(http_reply("plain")));
  const auto client = client_with({});
  EXPECT_TRUE(client->send(get(server.url())));
  EXPECT_TRUE(client->send(get(server.url("/", "localhost"))));
  EXPECT_EQ(code_of(client->send(get("http://192.0.2.1/"))), Code::http_not_allowed);
}

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

TEST(CurlClient, requests_in_a_row_share_a_connection) {
  const ScriptedServer server(says(testing::lasting_reply("{}")));
  const auto client = client_with({});
  Request post = get(server.url());
  post.method = Method::post;
  EXPECT_TRUE(client->send(get(server.url())));
  EXPECT_TRUE(client->send(post));
  EXPECT_TRUE(client->send(get(server.url())));
  EXPECT_EQ(server.connections(), 1);
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

TEST(CurlClient, a_silent_server_times_out) {
  CurlOptions options;
  options.total_timeout = std::chrono::milliseconds(50);
  const ScriptedServer server([](const std::string&) { return std::nullopt; });
  EXPECT_EQ(code_of(client_with(options)->send(get(server.url()))), Code::network_timeout);
}

TEST(CurlClient, a_closed_port_is_unreachable) {
  std::string url;
  {
    const ScriptedServer gone(says(""));
    url = gone.url();
  }
  EXPECT_EQ(code_of(client_with({})->send(get(url))), Code::network_unreachable);
}

TEST(CurlClient, a_broken_connection_is_unreachable) {
  const ScriptedServer silent(says(""));
  const ScriptedServer cut(says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
  const auto client = client_with({});
  EXPECT_EQ(code_of(client->send(get(silent.url()))), Code::network_unreachable);
  EXPECT_EQ(code_of(client->send(get(cut.url()))), Code::network_unreachable);
}

TEST(CurlClient, what_is_not_http_is_a_protocol_violation) {
  const ScriptedServer babble(says("SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n"));
  EXPECT_EQ(code_of(client_with({})->send(get(babble.url()))), Code::protocol_violation);
}

TEST(CurlClient, a_cancelled_request_stops_at_once) {
  std::stop_source stop;
  const ScriptedServer server([&](const std::string&) {
    stop.request_stop();
    return std::nullopt;
  });
  EXPECT_EQ(code_of(client_with({})->send(get(server.url()), stop.get_token())), Code::cancelled);
}

TEST(CurlClient, an_already_cancelled_request_is_never_sent) {
  std::stop_source stop;
  stop.request_stop();
  const ScriptedServer server(says(http_reply("")));
  EXPECT_EQ(code_of(client_with({})->send(get(server.url()), stop.get_token())), Code::cancelled);
  EXPECT_EQ(server.bytes_received(), 0u);
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

TEST(CurlClient, the_environment_names_no_proxy) {
  const ScriptedServer proxy(says(http_reply("proxied")));
  const ScriptedServer server(says(http_reply("direct")));
  setenv("http_proxy", proxy.url().c_str(), 1);
  const auto direct = client_with({})->send(get(server.url()));
  CurlOptions options;
  options.proxy = ProxyUse::from_environment;
  const auto proxied = client_with(options)->send(get(server.url()));
  unsetenv("http_proxy");
  ASSERT_TRUE(direct && proxied);
  EXPECT_EQ(direct->body_text(), "direct");
  EXPECT_EQ(proxied->body_text(), "proxied");
}

TEST(CurlClient, wrong_options_are_configuration_errors) {
  const auto outcome = [](auto change) {
    CurlOptions options;
    change(options);
    const auto client = CurlClient::create(options);
    return client ? Code::internal : client.error().code;
  };
  EXPECT_EQ(outcome([](auto& o) { o.connect_timeout = {}; }), Code::configuration_invalid);
  EXPECT_EQ(outcome([](auto& o) { o.max_response_body_bytes = 0; }), Code::configuration_invalid);
  EXPECT_EQ(outcome([](auto& o) { o.ca_file = "/no/such/file"; }), Code::configuration_invalid);
}

// --- Reach::public_only: row 61 of the attack list (server-side request forgery) ---

CurlOptions public_only(std::vector<std::string> also = {}) {
  CurlOptions options = trusting();
  options.reach = Reach::public_only;
  for (const std::string& text : also) options.also_reachable.push_back(*AddressRange::parse(text));
  return options;
}

TEST(CurlClientReach, row_61_a_name_or_address_that_leads_inside_is_refused_before_a_connection) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1,DNS:localhost");
  const ScriptedServer server(says(http_reply("secret")), &identity);
  const auto client = client_with(public_only());
  // A public name that resolves to such an address looks like localhost here: what counts is the address at the end.
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]"}) {
    const auto response = client->send(get(server.url("/", host)));
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().detail, "the address is not public, and not allowed") << host;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(CurlClientReach, row_61_the_clouds_own_addresses_are_refused) {
  const auto client = client_with(public_only());
  for (const char* url : {"https://169.254.169.254/latest/meta-data/", "https://[fd00:ec2::254]/", "https://10.0.0.1/",
                          "https://192.168.1.1/", "https://[fe80::1]/", "https://0.0.0.0/", "https://100.64.0.1/"}) {
    const auto response = client->send(get(url));
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().detail, "the address is not public, and not allowed") << url;
  }
}

TEST(CurlClientReach, row_61_a_redirect_inside_is_not_followed) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer inside(says(http_reply("secret")));
  const ScriptedServer outside(says(http_reply("", "307 Temporary Redirect", "Location: " + inside.url() + "\r\n")),
                               &identity);
  const auto response = client_with(public_only({"127.0.0.1"}))->send(get(outside.url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 307);
  EXPECT_EQ(inside.connections(), 0);
}

TEST(CurlClientReach, what_the_operator_allows_is_reached) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer server(says(http_reply("hello")), &identity);
  EXPECT_TRUE(client_with(public_only({"10.0.0.0/8", "127.0.0.0/8"}))->send(get(server.url())));
  EXPECT_FALSE(client_with(public_only({"10.0.0.0/8", "127.0.0.2"}))->send(get(server.url())));
}

TEST(CurlClientReach, a_proxy_would_look_names_up_by_itself) {
  CurlOptions options = public_only();
  options.proxy = ProxyUse::from_environment;
  EXPECT_EQ(CurlClient::create(std::move(options)).error().code, Code::configuration_invalid);
}

TEST(CurlClient, many_threads_share_one_client) {
  const ServerIdentity identity = ca().issue("IP:127.0.0.1");
  const ScriptedServer server(says(http_reply("x")), &identity);
  const auto client = client_with(trusting());
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 4; ++n) answered += client->send(get(server.url())).has_value();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, 32);
}

}  // namespace
}  // namespace latchkey::http
