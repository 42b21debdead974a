#include "protocol/oauth/client_authentication.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "protocol/oauth/base64.h"

namespace latchkey::protocol::oauth {
namespace {

using enum ClientAuthenticationMethod;

Result<ClientAuthentication> parse_authentication(std::string_view body,
                                                  std::optional<std::string_view> authorization = std::nullopt) {
  return parse_client_authentication(*form::Form::parse(body), authorization);
}
Result<ClientAuthentication> parse_basic(std::string_view credentials, std::string_view body = "") {
  return parse_authentication(body, "Basic " + std::string(to_base64(credentials)));
}

TEST(ClientAuthentication, reads_a_public_client) {
  const auto client = parse_authentication("client_id=app");
  ASSERT_TRUE(client);
  EXPECT_EQ(client->method, none);
  EXPECT_EQ(client->client_id, "app");
  EXPECT_FALSE(client->secret);
}

TEST(ClientAuthentication, reads_a_secret_in_the_body) {
  const auto client = parse_authentication("client_id=app&client_secret=s%26t");
  EXPECT_EQ(client->method, client_secret_post);
  EXPECT_EQ(client->secret->reveal_text(), "s&t");
}

TEST(ClientAuthentication, form_decodes_basic_credentials) {
  const auto client = parse_basic("my+app%3A1:s%3At%2Bu");
  ASSERT_FALSE(client) << "a space is no part of a client id";
  const auto good = parse_basic("app%3A1:s%3At%2Bu+v");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->method, client_secret_basic);
  EXPECT_EQ(good->client_id, "app:1");
  EXPECT_EQ(good->secret->reveal_text(), "s:t+u v");
}

TEST(ClientAuthentication, the_scheme_is_written_in_any_case) {
  EXPECT_TRUE(parse_authentication("", "bAsIc " + std::string(to_base64("a:b"))));
  EXPECT_EQ(parse_authentication("", "Bearer abc").error().code, Code::invalid_client);
  EXPECT_EQ(parse_authentication("", "Basic").error().code, Code::invalid_client);
}

TEST(ClientAuthentication, two_methods_at_once_are_refused) {
  EXPECT_EQ(parse_basic("app:s", "client_id=app&client_secret=s").error().code, Code::invalid_request);
  EXPECT_EQ(parse_basic("app:s", "client_secret=s").error().code, Code::invalid_request);
  EXPECT_FALSE(parse_authentication("client_id=app&client_assertion=x&client_assertion_type=y"));
}

TEST(ClientAuthentication, two_client_ids_must_agree) {
  EXPECT_TRUE(parse_basic("app:s", "client_id=app"));
  EXPECT_EQ(parse_basic("app:s", "client_id=other").error().code, Code::invalid_request);
}

TEST(ClientAuthentication, malformed_credentials_are_refused) {
  for (const std::string_view text : {"Basic ", "Basic !", "Basic YQ", "Basic YQ==", "Basic OnM=", "Basic JTpz"})
    EXPECT_EQ(parse_authentication("", text).error().code, Code::invalid_client) << text;
  EXPECT_FALSE(parse_authentication(""));
  EXPECT_FALSE(parse_authentication("client_id=" + std::string(limits::client_id_bytes + 1, 'a')));
  EXPECT_FALSE(parse_authentication("client_id=a%0Ab"));
}

TEST(ClientAuthentication, survives_printing) {
  const ClientAuthentication basic{client_secret_basic, "app:1", ClientSecret::copy_of("s t+u%")};
  form::Writer unused;
  print_client_authentication(basic, unused);
  EXPECT_TRUE(unused.take().empty());
  const auto back = parse_authentication("", *basic_authorization(basic));
  EXPECT_EQ(back->client_id, "app:1");
  EXPECT_EQ(back->secret->reveal_text(), "s t+u%");

  const ClientAuthentication post{client_secret_post, "app", ClientSecret::copy_of("s&")};
  form::Writer body;
  print_client_authentication(post, body);
  EXPECT_EQ(parse_authentication(body.take())->secret->reveal_text(), "s&");
  EXPECT_FALSE(basic_authorization(post));
}

TEST(ClientAuthentication, methods_have_words) {
  for (const auto method : {none, client_secret_basic, client_secret_post})
    EXPECT_EQ(*parse_client_authentication_method(wire_word(method)), method);
  EXPECT_FALSE(parse_client_authentication_method("private_key_jwt"));
}

}  // namespace
}  // namespace latchkey::protocol::oauth
