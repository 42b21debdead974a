// Whom the client trusts: certificates, pinned keys, versions of TLS.
#include <gtest/gtest.h>

#include "tests/support/curl_clients.h"

namespace latchkey::http {
namespace {

using testing::ca;
using testing::client_with;
using testing::code_of;
using testing::get;
using testing::http_reply;
using testing::says;
using testing::ScriptedServer;
using testing::ServerIdentity;
using testing::ThrowawayCa;
using testing::trusting;

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

}  // namespace
}  // namespace latchkey::http
