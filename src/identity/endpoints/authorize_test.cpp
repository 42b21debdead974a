// Negative rows 1 to 21 of the security catalogue, as far as they concern the authorization endpoint.
#include <gtest/gtest.h>

#include "protocol/routes.h"
#include "tests/support/identity_server.h"

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
using FormFields = std::map<std::string, std::string>;
namespace routes = protocol::routes;

struct Authorize : ::testing::Test {
  Authorize() {
    server.add_client("app");
    server.add_user(tests::ada, tests::ada_password);
  }
  Page ask(const FormFields& parameters) { return browser.get(server.authorize_url(parameters)); }
  Page ask_raw(const std::string& query) { return browser.get(std::string(routes::authorize) + "?" + query); }
  Page ask_with(const std::string& name, const std::string& value) {
    FormFields parameters = server.authorization();
    value.empty() ? static_cast<void>(parameters.erase(name)) : static_cast<void>(parameters[name] = value);
    return ask(parameters);
  }
  void expect_page_without_redirect(const Page& page, const std::string& what) {
    EXPECT_EQ(page.status, 400) << what;
    EXPECT_EQ(page.location(), "") << what;
  }
  void expect_refusal(const Page& page, const std::string& error) {
    ASSERT_TRUE(page.location().starts_with(tests::app_callback)) << error << ": " << page.status << page.text;
    FormFields answer = tests::query_of(page.location());
    EXPECT_EQ(answer["error"], error) << page.location();
    EXPECT_EQ(answer["state"], "the-state");
    EXPECT_EQ(answer["iss"], server.issuer());
    EXPECT_FALSE(answer.contains("code"));
  }
  void sign_in() { ASSERT_NE(tests::query_of(server.code_url(browser, server.authorization()))["code"], ""); }

  IdentityServer server;
  Browser browser = server.browser();
};

TEST_F(Authorize, row_01_an_unregistered_redirect_uri_is_a_page_never_a_redirect) {
  for (const std::string uri :
       {"https://app.example.com/callback/more", "https://app.example.com/call", "https://app.example.com./callback",
        "https://app.example.com/x/../callback", "https://app.example.com/%2e/callback",
        "https://user@app.example.com/callback", "https://app.example.com/callback#f",
        "https://APP.example.com/callback", "https://evil.example/callback", "http://app.example.com/callback",
        "//app.example.com/callback", "https://app.example.com:444/callback",
        "https://app.example.com/callback\r\nX: y", "javascript:alert(1)"})
    expect_page_without_redirect(ask_with("redirect_uri", uri), uri);
}
TEST_F(Authorize, row_01_an_unknown_client_is_a_page) {
  expect_page_without_redirect(ask_with("client_id", "nobody"), "unknown");
  expect_page_without_redirect(ask_with("client_id", ""), "missing");
}
TEST_F(Authorize, row_02_a_query_added_to_the_redirect_uri_is_refused) {
  expect_page_without_redirect(ask_with("redirect_uri", std::string(tests::app_callback) + "?a=b"), "query");
}
TEST_F(Authorize, row_03_loopback_takes_any_port_and_nothing_else) {
  server.add_client("cli", [](Client& client) { client.redirect_uris = {"http://127.0.0.1/callback"}; });
  FormFields parameters = server.authorization("cli");
  for (const std::string uri : {"http://127.0.0.1:49152/callback", "http://127.0.0.1/callback"}) {
    parameters["redirect_uri"] = uri;
    EXPECT_EQ(ask(parameters).status, 200) << uri;
  }
  for (const std::string uri : {"http://127.0.0.1:49152/other", "http://localhost:49152/callback",
                                "http://127.0.0.2:49152/callback", "https://127.0.0.1:49152/callback"}) {
    parameters["redirect_uri"] = uri;
    expect_page_without_redirect(ask(parameters), uri);
  }
}
TEST_F(Authorize, row_05_a_missing_redirect_uri_needs_exactly_one_registered) {
  EXPECT_EQ(ask_with("redirect_uri", "").status, 200);
  server.add_client("two", [](Client& client) { client.redirect_uris.push_back("https://app.example.com/other"); });
  FormFields parameters = server.authorization("two");
  parameters.erase("redirect_uri");
  expect_page_without_redirect(ask(parameters), "two");
}
TEST_F(Authorize, row_06_pkce_with_s256_is_required) {
  expect_refusal(ask_with("code_challenge", ""), "invalid_request");
  expect_refusal(ask_with("code_challenge_method", ""), "invalid_request");
  expect_refusal(ask_with("code_challenge_method", "plain"), "invalid_request");
  for (const std::string& challenge : {std::string(42, 'A'), std::string(44, 'A'), std::string(42, 'A') + "=",
                                       std::string(42, 'A') + "+", std::string(42, 'A') + "B"})
    expect_refusal(ask_with("code_challenge", challenge), "invalid_request");
}
TEST_F(Authorize, row_07_only_the_code_response_type) {
  for (const std::string type : {"token", "id_token", "code token", "code id_token", "none"})
    expect_refusal(ask_with("response_type", type), "unsupported_response_type");
}
TEST_F(Authorize, row_08_a_parameter_given_twice_is_refused) {
  const std::string query = tests::print_form(server.authorization());
  for (const std::string name : {"client_id=app", "state=x", "scope=openid", "redirect_uri=x"})
    expect_page_without_redirect(ask_raw(query + "&" + name), name);
  const Page both = browser.post(server.authorize_url(server.authorization()), server.authorization());
  expect_page_without_redirect(both, "query and body");
}
TEST_F(Authorize, row_09_request_objects_are_not_fetched) {
  expect_refusal(ask_with("request_uri", "https://169.254.169.254/latest"), "invalid_request");
  expect_refusal(ask_with("request", "eyJhbGciOiJub25lIn0.e30."), "invalid_request");
}
TEST_F(Authorize, row_11_the_answer_names_the_issuer) {
  const FormFields answer = tests::query_of(server.code_url(browser, server.authorization()));
  EXPECT_EQ(answer.at("iss"), server.issuer());
}
TEST_F(Authorize, row_12_prompt_none_never_asks) {
  expect_refusal(ask_with("prompt", "none"), "login_required");
  sign_in();
  FormFields silent = server.authorization();
  silent["prompt"] = "none";
  EXPECT_NE(tests::query_of(ask(silent).location())["code"], "");
  silent["max_age"] = "0";
  expect_refusal(ask(silent), "login_required");
  silent["max_age"] = "60";
  EXPECT_NE(tests::query_of(ask(silent).location())["code"], "");
  server.clock.advance(std::chrono::seconds(61));
  expect_refusal(ask(silent), "login_required");
}
TEST_F(Authorize, row_12_prompt_login_asks_once_and_then_goes_on) {
  sign_in();
  FormFields again = server.authorization();
  again["prompt"] = "login";
  const Page page = ask(again);
  ASSERT_EQ(page.status, 200);
  const Page back = browser.follow(server.sign_in(browser, page));
  EXPECT_NE(tests::query_of(back.location())["code"], "");
  EXPECT_EQ(ask(again).status, 200) << "the next request asks again";
}
TEST_F(Authorize, row_12_a_sign_in_for_one_request_is_not_fresh_for_another) {
  FormFields first = server.authorization(), second = server.authorization();
  first["prompt"] = second["prompt"] = "login";
  second["state"] = "other";
  const Page page = ask(first);
  server.sign_in(browser, page);
  EXPECT_EQ(ask(second).status, 200);
}
TEST_F(Authorize, row_13_a_hint_that_is_not_ours_is_refused) {
  for (const std::string hint : {"x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "a.b.c"})
    expect_refusal(ask_with("id_token_hint", hint), "invalid_request");
}
TEST_F(Authorize, row_15_every_page_has_the_headers_that_fence_it_in) {
  for (const Page& page :
       {ask(server.authorization()), ask_with("client_id", "nobody"), browser.get(routes::sign_in)}) {
    const std::string policy = page.header("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_NE(policy.find("base-uri 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(policy.find("script-src"), std::string::npos) << "no script at all";
    EXPECT_EQ(page.header("X-Frame-Options"), "DENY");
    EXPECT_EQ(page.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(page.header("Cache-Control"), "no-store");
    EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
    EXPECT_FALSE(page.shows("<script") || page.shows(" style=") || page.shows(" onclick="));
  }
}
TEST_F(Authorize, row_15_forms_lead_to_the_registered_origin_only) {
  const std::string policy = ask(server.authorization()).header("Content-Security-Policy");
  EXPECT_TRUE(policy.ends_with("form-action 'self' https://app.example.com")) << policy;
}
TEST_F(Authorize, row_18_state_and_nonce_come_back_as_sent) {
  const std::string state = "a b&c=d\"<>'%0d%0a";
  FormFields parameters = server.authorization();
  parameters["state"] = state;
  const std::string url = server.code_url(browser, parameters);
  EXPECT_EQ(tests::query_of(url)["state"], state);
  EXPECT_EQ(url.find('\n'), std::string::npos);
}
TEST_F(Authorize, row_20_redirects_after_forms_do_not_repeat_them) {
  const Page posted = browser.post(routes::authorize, server.authorization());
  EXPECT_EQ(posted.status, 303);
  EXPECT_EQ(browser.follow(posted).status, 200) << "POST is turned into the GET";
}
TEST_F(Authorize, row_21_scopes_a_client_may_not_ask_for_are_refused) {
  expect_refusal(ask_with("scope", "openid admin"), "invalid_scope");
  expect_refusal(ask_with("scope", "openid \"quoted\""), "invalid_scope");
  expect_refusal(ask_with("resource", "https://other.example.com"), "invalid_target");
}
TEST_F(Authorize, row_21_values_without_end_are_refused) {
  for (const std::string name : {"state", "nonce", "login_hint", "scope"})
    EXPECT_NE(ask_with(name, std::string(5000, 'x')).status, 200) << name;
}
TEST_F(Authorize, row_21_markup_in_parameters_is_shown_as_text) {
  const Page page = ask_with("login_hint", "\"><script>alert(1)</script>");
  EXPECT_FALSE(page.shows("<script>"));
  EXPECT_TRUE(page.shows("&lt;script&gt;"));
}
TEST_F(Authorize, a_code_is_good_for_the_user_who_signed_in) {
  sign_in();
  EXPECT_NE(tests::query_of(ask(server.authorization()).location())["code"], "") << "the session is remembered";
}
TEST_F(Authorize, a_disabled_user_is_nobody) {
  const UserId eve = server.add_user("eve@example.org", tests::ada_password);
  const Page page = ask(server.authorization());
  server.sign_in(browser, page, "eve@example.org");
  EXPECT_NE(tests::query_of(ask(server.authorization()).location())["code"], "");
  server.disable_user(eve);
  EXPECT_EQ(ask(server.authorization()).status, 200) << "asks again";
}

}  // namespace
}  // namespace latchkey::identity
