#include "protocol/oauth/metadata.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view issuer = "https://id.example";

std::string document(std::string_view token_endpoint, std::string_view named = issuer, std::string_view more = "") {
  return R"({"issuer":")" + std::string(named) +
         R"(","authorization_endpoint":"https://id.example/a","jwks_uri":"https://id.example/j","token_endpoint":")" +
         std::string(token_endpoint) + "\"" + std::string(more) + "}";
}
Code code_of_metadata(std::string_view text) {
  const auto metadata = parse_metadata(text, issuer);
  return metadata ? Code{} : metadata.error().code;
}

TEST(Metadata, of_latchkey_survives_printing) {
  const std::string text = print_metadata(metadata_of_latchkey(issuer));
  const auto back = parse_metadata(text, issuer);
  ASSERT_TRUE(back);
  EXPECT_EQ(print_metadata(*back), text);
}

TEST(Metadata, of_latchkey_offers_nothing_weak) {
  const Metadata metadata = metadata_of_latchkey(issuer);
  EXPECT_EQ(metadata.code_challenge_methods_supported, std::vector<std::string>{"S256"});
  EXPECT_EQ(metadata.response_types_supported, std::vector<std::string>{"code"});
  EXPECT_TRUE(metadata.authorization_response_iss_parameter_supported);
  EXPECT_EQ(metadata.token_endpoint, "https://id.example/token");
}

// Word for word: clients configure themselves from this. Whoever changes what the server does changes it here, too.
TEST(Metadata, of_latchkey_says_what_the_server_does) {
  const auto has = [text = print_metadata(metadata_of_latchkey(issuer))](std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(R"("grant_types_supported":["authorization_code","refresh_token","client_credentials"])"));
  EXPECT_TRUE(has(R"("response_types_supported":["code"],"response_modes_supported":["query"])"));
  EXPECT_TRUE(has(R"("subject_types_supported":["public"])"));
  EXPECT_TRUE(has(R"("id_token_signing_alg_values_supported":["ES256"])"));
  EXPECT_TRUE(has(R"("token_endpoint_auth_methods_supported":["none","client_secret_basic","client_secret_post"])"));
  EXPECT_TRUE(has(R"("introspection_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"])"));
  EXPECT_TRUE(has(R"("code_challenge_methods_supported":["S256"])"));
  EXPECT_TRUE(has(R"("dpop_signing_alg_values_supported":["ES256","EdDSA","RS256"])"));
  EXPECT_TRUE(has(R"("prompt_values_supported":["none","login","consent","select_account"])"));
  EXPECT_TRUE(has(R"("authorization_response_iss_parameter_supported":true)"));
  // OpenID Connect Discovery section 3: whoever says nothing about request_uri says that they take it.
  EXPECT_TRUE(has(R"("request_parameter_supported":false,"request_uri_parameter_supported":false)"));
  EXPECT_TRUE(has(R"("backchannel_logout_supported":true,"backchannel_logout_session_supported":true)"));
  EXPECT_TRUE(has(R"("status_list_aggregation_endpoint":"https://id.example/status-lists")"));
  EXPECT_FALSE(has("email")) << "no mail address is kept";
  EXPECT_FALSE(has("acr")) << "no such claim is made";
}

TEST(Metadata, takes_what_other_servers_write) {
  const auto metadata =
      parse_metadata(document("https://id.example/t", issuer, R"(,"x":{"y":1},"scopes_supported":["a"])"), issuer);
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->scopes_supported, std::vector<std::string>{"a"});
  EXPECT_FALSE(metadata->authorization_response_iss_parameter_supported);
  EXPECT_EQ(metadata->userinfo_endpoint, "");
}

TEST(Metadata, the_issuer_must_be_the_one_asked) {
  EXPECT_EQ(code_of_metadata(document("https://id.example/t", "https://id.example/")), Code::issuer_mismatch);
  EXPECT_EQ(code_of_metadata(document("https://id.example/t", "https://evil.example")), Code::issuer_mismatch);
}

TEST(Metadata, endpoints_are_https_or_loopback) {
  EXPECT_EQ(code_of_metadata(document("http://id.example/t")), Code::http_not_allowed);
  EXPECT_EQ(code_of_metadata(document("http://127.0.0.1:8080/t")), Code{});
  for (const std::string_view bad :
       {"ftp://id.example/t", "/t", "https://id.example/t#f", "https://u@id.example/t", "javascript:x"})
    EXPECT_EQ(code_of_metadata(document(bad)), Code::protocol_violation) << bad;
}

TEST(Metadata, wrong_types_and_missing_endpoints_are_violations) {
  EXPECT_EQ(code_of_metadata(document("https://a/t", issuer, R"(,"scopes_supported":"a")")), Code::protocol_violation);
  EXPECT_EQ(
      code_of_metadata(document("https://a/t", issuer, R"(,"authorization_response_iss_parameter_supported":"true")")),
      Code::protocol_violation);
  EXPECT_EQ(code_of_metadata(R"({"issuer":"https://id.example"})"), Code::protocol_violation);
  EXPECT_EQ(code_of_metadata("<html>"), Code::protocol_violation);
}

}  // namespace
}  // namespace latchkey::protocol::oauth
