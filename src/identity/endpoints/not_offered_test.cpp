// Negative rows 39, 40, 55 to 58 and 60 of the security catalogue: what this server does not offer (yet) is refused
// with the word the standard has for it, is not announced, and no part of it lies about.
#include <gtest/gtest.h>

#include "base/base64url.h"
#include "identity/accounts/invites.h"
#include "protocol/limits.h"
#include "protocol/routes.h"
#include "tests/support/identity_server.h"
#include "tests/support/oauth_world.h"

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::Fields;
using tests::Page;
using PageFields = std::map<std::string, std::string>;
namespace routes = protocol::routes;

class NotOffered : public tests::OAuthWorld {
 protected:
  // With everything right but what row 39 names, and one that is right.
  std::vector<std::string> assertions() {
    const auto encode = [](std::string_view json) { return to_base64url(as_bytes(json)); };
    const std::string exp = std::to_string(to_unix_seconds(clock_.now()) + 60);
    const std::string end = R"(","jti":"a","exp":)" + exp + "}";
    const std::string good = R"({"iss":"service","sub":"service","aud":"https://id.example/token)" + end;
    const std::string other = R"({"iss":"service","sub":"service","aud":"https://other.example/token)" + end;
    const std::string another = R"({"iss":"app","sub":"service","aud":"https://id.example/token)" + end;
    std::vector<std::string> all;
    for (const std::string& claims : {good, other, another}) {
      all.push_back(encode(R"({"alg":"none"})") + "." + encode(claims) + ".");
      const std::string signed_text = encode(R"({"alg":"HS256"})") + "." + encode(claims);
      const auto tag = crypto::hmac_sha256(as_bytes(service_secret_), as_bytes(signed_text));
      all.push_back(signed_text + "." + to_base64url(tag));
    }
    return all;
  }
  void expect_not_announced(std::string_view word) {
    for (const auto path : {routes::openid_configuration, routes::oauth_metadata})
      EXPECT_EQ(get(path).body.find(word), std::string::npos) << word;
  }
};

TEST_F(NotOffered, row_39_client_assertions_authenticate_nobody) {
  for (const std::string& assertion : assertions()) {
    const Fields by_assertion{{"client_assertion", assertion},
                              {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}};
    for (const char* path : {"/token", "/revoke", "/introspect"}) {
      Fields fields = by_assertion;
      fields.insert(fields.end(), {{"grant_type", "client_credentials"}, {"token", "x"}});
      for (const bool names_client : {false, true}) {
        if (names_client) fields.emplace_back("client_id", "service");
        const auto reply = post(path, fields);
        EXPECT_EQ(reply.status, 401) << path;
        EXPECT_EQ(reply.text("error"), "invalid_client") << path;
      }
      EXPECT_EQ(post(path, fields, {basic("service", service_secret_)}).status, 401) << "nor beside a right secret";
    }
  }
  expect_not_announced("_jwt");
}

TEST_F(NotOffered, row_40_there_is_no_device_flow_to_guess_user_codes_in) {
  const Fields poll{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                    {"device_code", "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"},
                    {"client_id", "app"}};
  const auto reply = post("/token", poll);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.text("error"), "unsupported_grant_type");
  for (const char* path : {"/device_authorization", "/device", "/device/code"}) {
    EXPECT_EQ(post(path, {{"client_id", "app"}, {"user_code", "WDJB-MJHT"}}).status, 404) << path;
    EXPECT_EQ(get(path).status, 404) << path;
  }
  expect_not_announced("device");
}

TEST_F(NotOffered, other_grants_are_refused_by_name) {
  for (const char* grant : {"password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer",
                            "urn:ietf:params:oauth:grant-type:token-exchange", "urn:openid:params:grant-type:ciba"}) {
    const Fields fields{{"grant_type", grant}, {"username", "alice"}, {"password", "x"}, {"client_id", "app"}};
    EXPECT_EQ(post("/token", fields).text("error"), "unsupported_grant_type") << grant;
    expect_not_announced(grant);
  }
}

TEST_F(NotOffered, row_58_no_strength_of_a_sign_in_is_announced) {
  for (const std::string_view word : {"acr_values_supported", "amr", R"("claims_parameter_supported":true)"})
    expect_not_announced(word);
}

struct NotOfferedToPeople : ::testing::Test {
  NotOfferedToPeople() {
    server.add_user(tests::ada, tests::ada_password);
    server.add_client("app");
  }
  // The sign-in form with these fields besides the name.
  Page sign_in_with(const PageFields& more) {
    Browser stranger = server.browser();
    PageFields fields = stranger.get(routes::sign_in).form(routes::sign_in);
    fields["login_name"] = tests::ada;
    fields.erase("password");
    fields.insert(more.begin(), more.end());
    Page page = stranger.post(routes::sign_in, fields);
    EXPECT_FALSE(stranger.cookies().contains("__Host-sid"));
    return page;
  }
  Role role_of(std::string_view name) {
    auto find = [name](sql::Transaction& tx) { return find_account_by_login_name(tx, name); };
    return server.db->read(find).get().value().value().role;
  }

  tests::IdentityServer server;
  Browser browser = server.browser();
};

TEST_F(NotOfferedToPeople, row_55_56_57_nothing_stands_in_for_the_password) {
  const std::string credential = R"({"id":"AA","type":"public-key","response":{"userHandle":"AA","signature":"AA"}})";
  for (const std::string name : {"otp", "totp", "code", "recovery_code", "credential", "assertion", "magic_link"}) {
    for (const std::string& value : {std::string("000000"), credential})
      EXPECT_EQ(sign_in_with({{name, value}}).status, 422) << name;
  }
  server.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(sign_in_with({{"password", "not the right one"}, {"totp", "000000"}}).status, 422)
      << "nor mends a wrong one";
}

TEST_F(NotOfferedToPeople, row_55_56_57_58_no_page_of_a_second_step_can_be_called_directly) {
  for (const std::string path : {"/mfa", "/totp", "/otp", "/recovery", "/passkey", "/webauthn", "/webauthn/options",
                                 "/sign-in/totp", "/sign-in/passkey", "/account/totp", "/account/passkeys"}) {
    EXPECT_EQ(browser.get(path).status, 404) << path;
    EXPECT_EQ(browser.post(path, {{"code", "000000"}, {"login_name", std::string(tests::ada)}}).status, 404) << path;
  }
}

TEST_F(NotOfferedToPeople, row_58_what_strength_is_asked_for_no_token_claims_any) {
  PageFields asked = server.authorization();
  asked["acr_values"] = "phr phrh";
  asked["claims"] = R"({"id_token":{"acr":{"essential":true,"values":["phr"]},"amr":{"essential":true}}})";
  const auto code = tests::query_of(server.code_url(browser, asked))["code"];
  Browser app = server.browser();
  const Page tokens = app.post(routes::token, {{"grant_type", "authorization_code"},
                                               {"client_id", "app"},
                                               {"code", code},
                                               {"redirect_uri", std::string(tests::app_callback)},
                                               {"code_verifier", std::string(tests::pkce_verifier)}});
  ASSERT_EQ(tokens.status, 200) << tokens.text;
  const auto json = *protocol::json::parse(tokens.text);
  for (const char* name : {"id_token", "access_token"}) {
    const std::string jwt(protocol::json::get_string(json, name).value());
    const auto begin = jwt.find('.') + 1;
    const auto claims = *protocol::json::parse(as_text(*parse_base64url(jwt.substr(begin, jwt.rfind('.') - begin))));
    EXPECT_EQ(claims.find("acr"), nullptr) << name;
    EXPECT_EQ(claims.find("amr"), nullptr) << name;
  }
}

TEST_F(NotOfferedToPeople, row_58_a_device_cookie_moved_elsewhere_signs_nobody_in) {
  server.sign_in(browser, browser.get(routes::sign_in));
  Browser thief = server.browser();
  thief.cookies()["__Host-dev"] = browser.cookies()["__Host-dev"];
  EXPECT_EQ(thief.get(routes::account).status, 303) << "leads to the sign-in page";
  const auto guess = [&] { return server.sign_in(thief, thief.get(routes::sign_in), tests::ada, "a guess").status; };
  for (int i = 0; i < protocol::limits::device_attempts; ++i) EXPECT_EQ(guess(), 422) << i;
  for (int i = 0; i < protocol::limits::untrusted_attempts; ++i) EXPECT_EQ(guess(), 422) << "as any stranger's" << i;
  EXPECT_EQ(guess(), 429) << "it gave no more guesses than the owner has";
}

TEST_F(NotOfferedToPeople, row_60_there_is_no_admin_interface_over_http) {
  server.add_user("root@example.org", tests::ada_password, Role::admin);
  ASSERT_EQ(server.sign_in(browser, browser.get(routes::sign_in), "root@example.org").status, 303);
  for (const std::string path : {"/admin", "/admin/", "/admin/users", "/api/users", "/v1/users", "/v1/clients",
                                 "/users", "/clients", "/register", "/v1/audit", "/scim/v2/Users", "/metrics"}) {
    EXPECT_EQ(browser.get(path).status, 404) << path;
    EXPECT_EQ(browser.post(path, {{"role", "admin"}}).status, 404) << path;
  }
}

TEST_F(NotOfferedToPeople, row_60_fields_nobody_asked_for_change_nothing) {
  const UserId eve = server.add_user("eve@example.org", tests::ada_password);
  const PageFields more{{"role", "1"},     {"is_admin", "true"}, {"status", "0"},
                        {"user_id", "x"},  {"sub", "x"},         {"login_name", std::string(tests::ada)},
                        {"scope", "admin"}};
  auto invite = [&](sql::Transaction& tx) { return create_invite(tx, eve, server.clock.now()); };
  PageFields fields = browser.get(invite_link(server.issuer(), *server.write(invite))).form(routes::invite);
  fields["new_password"] = fields["new_password_again"] = "a new one with five words";
  fields.insert(more.begin(), more.end());
  ASSERT_EQ(browser.post(routes::invite, fields).status, 303);
  EXPECT_TRUE(browser.get(routes::account).shows("eve@example.org")) << "whose link it was";

  fields = browser.get(routes::account).form(routes::account_password);
  fields["password"] = "a new one with five words";
  fields["new_password"] = "another one with five words";
  fields.insert(more.begin(), more.end());
  ASSERT_EQ(browser.post(routes::account_password, fields).status, 303);
  EXPECT_EQ(role_of("eve@example.org"), Role::user);
  Browser adas = server.browser();
  EXPECT_EQ(server.sign_in(adas, adas.get(routes::sign_in)).status, 303) << "hers is as it was";
}

}  // namespace
}  // namespace latchkey::identity
