#include "protocol/oauth/authorization_request.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

std::string query(std::string_view more = "", std::string_view type = "code", std::string_view method = "S256",
                  std::string_view value = challenge) {
  return "client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2Fcb&state=s&response_type=" + std::string(type) +
         "&code_challenge_method=" + std::string(method) + "&code_challenge=" + std::string(value) + std::string(more);
}
Result<AuthorizationRequest> parse_request(std::string_view text) {
  return parse_authorization_request(*form::Form::parse(text));
}
Code code_of_request(std::string_view text) {
  const auto request = parse_request(text);
  return request ? Code{} : request.error().code;
}

TEST(AuthorizationRequest, reads_everything) {
  const auto request = parse_request(
      query("&scope=openid+profile&nonce=n&prompt=login+consent&max_age=60&login_hint=me&resource=https%3A%2F%"
            "2Fapi.example&dpop_jkt=" +
            std::string(challenge) + "&response_mode=query&unknown=x"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->client_id, "app");
  EXPECT_EQ(request->redirect_uri, "http://127.0.0.1:5/cb");
  EXPECT_EQ(request->state, "s");
  EXPECT_TRUE(request->scope.has("openid"));
  EXPECT_EQ(request->code_challenge, challenge);
  EXPECT_EQ(request->nonce, "n");
  EXPECT_TRUE(request->has_prompt(Prompt::login));
  EXPECT_FALSE(request->has_prompt(Prompt::none));
  EXPECT_EQ(request->max_age, std::chrono::seconds(60));
  EXPECT_EQ(request->login_hint, "me");
  EXPECT_EQ(request->resource, "https://api.example");
  EXPECT_EQ(request->dpop_jkt, challenge);
}

TEST(AuthorizationRequest, the_target_is_read_before_all_else) {
  const auto target =
      parse_authorization_target(*form::Form::parse("client_id=app&redirect_uri=x&state=s&response_type=token"));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->client_id, "app");
  EXPECT_EQ(target->redirect_uri, "x");
  EXPECT_EQ(parse_authorization_target(*form::Form::parse("state=s")).error().code, Code::invalid_request);
  EXPECT_EQ(parse_authorization_target(*form::Form::parse("client_id=a%0Ab")).error().code, Code::invalid_client);
}

TEST(AuthorizationRequest, row_6_a_proper_s256_challenge_is_required) {
  EXPECT_EQ(code_of_request("client_id=app&response_type=code"), Code::invalid_request);
  EXPECT_EQ(code_of_request(query("", "code", "plain")), Code::invalid_request);
  EXPECT_EQ(code_of_request(query("", "code", "s256")), Code::invalid_request);
  EXPECT_EQ(code_of_request(query("", "code", "")), Code::invalid_request);
  for (const std::string& bad : {std::string(), std::string(42, 'A'), std::string(44, 'A'), std::string(43, '.'),
                                 std::string(challenge) + "%3D"})
    EXPECT_EQ(code_of_request(query("", "code", "S256", bad)), Code::invalid_request) << bad;
}

TEST(AuthorizationRequest, row_7_response_types_other_than_code_are_unsupported) {
  for (const std::string_view type : {"token", "id_token", "code+token", "code+id_token", "none", "CODE"})
    EXPECT_EQ(code_of_request(query("", type)), Code::unsupported) << type;
  EXPECT_EQ(code_of_request(query("", "")), Code::invalid_request);
}

TEST(AuthorizationRequest, row_8_duplicates_are_refused) {
  EXPECT_FALSE(form::Form::parse(query("&client_id=other")));
  EXPECT_FALSE(form::Form::parse(query("&state=t")));
}

TEST(AuthorizationRequest, row_9_request_objects_are_refused) {
  EXPECT_EQ(code_of_request(query("&request_uri=https%3A%2F%2Finternal")), Code::invalid_request);
  EXPECT_EQ(code_of_request(query("&request=a.b.c")), Code::invalid_request);
}

TEST(AuthorizationRequest, row_21_long_values_are_refused) {
  EXPECT_EQ(
      parse_authorization_target(*form::Form::parse("client_id=app&state=" + std::string(limits::state_bytes + 1, 's')))
          .error()
          .code,
      Code::invalid_request);
  EXPECT_EQ(code_of_request(query("&nonce=" + std::string(limits::nonce_bytes + 1, 'n'))), Code::invalid_request);
  EXPECT_EQ(code_of_request(query("&scope=" + std::string(limits::scope_bytes + 1, 'n'))), Code::invalid_scope);
}

TEST(AuthorizationRequest, odd_values_are_refused) {
  for (const std::string_view more :
       {"&response_mode=fragment", "&response_mode=form_post", "&prompt=none+login", "&prompt=create", "&max_age=-1",
        "&max_age=1.5", "&max_age=x", "&max_age=99999999999", "&dpop_jkt=short"})
    EXPECT_EQ(code_of_request(query(more)), Code::invalid_request) << more;
  EXPECT_EQ(code_of_request(query("&resource=relative")), Code::invalid_target);
}

TEST(AuthorizationRequest, prints_a_golden_query) {
  AuthorizationRequest request;
  request.client_id = "app";
  request.redirect_uri = "http://127.0.0.1:5/cb";
  request.state = "s";
  request.scope = *Scope::parse("openid");
  request.code_challenge = challenge;
  request.nonce = "n";
  request.prompts = {Prompt::login, Prompt::consent};
  request.max_age = std::chrono::seconds(0);
  const WipedString printed = print_authorization_request(request);
  EXPECT_EQ(std::string_view(printed),
            "response_type=code&client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2Fcb&scope=openid&state=s&nonce="
            "n&code_challenge=" +
                std::string(challenge) + "&code_challenge_method=S256&prompt=login+consent&max_age=0");
  EXPECT_EQ(print_authorization_request(*parse_request(printed)), printed);
}

}  // namespace
}  // namespace latchkey::protocol::oauth
