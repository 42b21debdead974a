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

struct Consent : ::testing::Test {
  Consent() {
    server.add_client("app", [](Client& client) { client.is_first_party = false; });
    server.add_user(tests::ada, tests::ada_password);
    page = browser.follow(server.sign_in(browser, browser.get(server.authorize_url(server.authorization()))));
  }
  Page decide(const std::string& decision) {
    FormFields fields = page.form(routes::consent);
    fields["decision"] = decision;
    return browser.post(routes::consent, fields);
  }

  IdentityServer server;
  Browser browser = server.browser();
  Page page;  // the consent page
};

TEST_F(Consent, tells_who_asks_for_what) {
  ASSERT_EQ(page.status, 200) << page.text;
  EXPECT_TRUE(page.shows("Allow access?") && page.shows("The app") && page.shows("app.example.com"));
}
TEST_F(Consent, allowing_leads_to_the_app_and_is_remembered) {
  EXPECT_NE(tests::query_of(decide("allow").location())["code"], "");
  const Page next = browser.get(server.authorize_url(server.authorization()));
  EXPECT_NE(tests::query_of(next.location())["code"], "");
}
TEST_F(Consent, denying_leads_to_the_app_with_an_error_and_is_asked_again) {
  FormFields answer = tests::query_of(decide("deny").location());
  EXPECT_EQ(answer["error"], "access_denied");
  EXPECT_EQ(answer["state"], "the-state");
  EXPECT_EQ(browser.get(server.authorize_url(server.authorization())).status, 200);
}
TEST_F(Consent, more_than_was_allowed_is_asked_about) {
  FormFields less = server.authorization();
  less["scope"] = "openid";
  page = browser.get(server.authorize_url(less));
  EXPECT_NE(tests::query_of(decide("allow").location())["code"], "");
  EXPECT_EQ(browser.get(server.authorize_url(server.authorization())).status, 200);
}
TEST_F(Consent, silently_it_is_consent_required) {
  FormFields silent = server.authorization();
  silent["prompt"] = "none";
  EXPECT_EQ(tests::query_of(browser.get(server.authorize_url(silent)).location())["error"], "consent_required");
}
TEST_F(Consent, row_14_a_form_without_its_token_is_refused) {
  FormFields fields = page.form(routes::consent);
  fields["decision"] = "allow";
  fields.erase("form_token");
  EXPECT_EQ(browser.post(routes::consent, fields).status, 403);
}
TEST_F(Consent, row_14_a_form_of_another_origin_is_refused) {
  browser.headers = {{"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(decide("allow").status, 403);
  browser.headers = {{"Sec-Fetch-Site", ""}, {"Origin", "https://evil.example"}};
  EXPECT_EQ(decide("allow").status, 403);
  browser.headers = {{"Sec-Fetch-Site", ""}, {"Origin", ""}};
  EXPECT_EQ(decide("allow").status, 403);
}
TEST_F(Consent, row_14_a_form_sent_twice_counts_once) {
  EXPECT_NE(tests::query_of(decide("allow").location())["code"], "");
  EXPECT_EQ(decide("allow").status, 403);
}
TEST_F(Consent, row_14_get_does_nothing) { EXPECT_EQ(browser.get(routes::consent).status, 405); }
TEST_F(Consent, row_14_a_form_for_another_request_is_refused) {
  FormFields fields = page.form(routes::consent);
  fields["decision"] = "allow";
  fields["request"] += "&resource=https%3A%2F%2Fapi.example.com";
  EXPECT_EQ(browser.post(routes::consent, fields).status, 403);
}
TEST_F(Consent, row_14_a_form_of_another_session_is_refused) {
  Browser other = server.browser();
  const Page theirs = other.follow(server.sign_in(other, other.get(server.authorize_url(server.authorization()))));
  FormFields fields = theirs.form(routes::consent);
  fields["decision"] = "allow";
  EXPECT_EQ(browser.post(routes::consent, fields).status, 403);
}

}  // namespace
}  // namespace latchkey::identity
