#include <gtest/gtest.h>

#include "protocol/json.h"
#include "protocol/routes.h"
#include "tests/support/identity_server.h"

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
using FormFields = std::map<std::string, std::string>;
namespace routes = protocol::routes;

struct EndSession : ::testing::Test {
  EndSession() {
    server.add_client("app", [](Client& c) { c.post_logout_redirect_uris = {"https://app.example.com/bye"}; });
    server.add_user(tests::ada, tests::ada_password);
    id_token = sign_in(browser);
  }
  // Answers the ID token.
  std::string sign_in(Browser& in, std::string_view name = tests::ada) {
    const Page page = in.follow(server.sign_in(in, in.get(server.authorize_url(server.authorization())), name));
    Browser app = server.browser();
    const Page tokens = app.post(routes::token, {{"grant_type", "authorization_code"},
                                                 {"client_id", "app"},
                                                 {"code", tests::query_of(page.location())["code"]},
                                                 {"redirect_uri", std::string(tests::app_callback)},
                                                 {"code_verifier", std::string(tests::pkce_verifier)}});
    const auto json = protocol::json::parse(tokens.text);
    return std::string(protocol::json::get_string(*json, "id_token").value());
  }
  Page end(const FormFields& parameters) {
    return browser.get(std::string(routes::end_session) + "?" + tests::print_form(parameters));
  }
  bool is_signed_in() { return browser.get(routes::account).status == 200; }

  IdentityServer server;
  Browser browser = server.browser();
  std::string id_token;
};

TEST_F(EndSession, with_the_apps_proof_signs_out_at_once) {
  const Page page = end({{"id_token_hint", id_token}, {"post_logout_redirect_uri", "https://app.example.com/bye"}});
  EXPECT_EQ(page.location(), "https://app.example.com/bye");
  EXPECT_FALSE(is_signed_in());
}
TEST_F(EndSession, a_proof_sent_again_and_again_leaves_one_record) {
  const auto records = [this] {
    const auto rows =
        server.db->read([](sql::Transaction& tx) { return tx.query("SELECT number FROM audit_log"); }).get();
    return rows->size();
  };
  end({{"id_token_hint", id_token}});
  const auto before = records();
  for (int i = 0; i < 5; ++i) end({{"id_token_hint", id_token}});
  EXPECT_EQ(records(), before) << "anybody with an old ID token could fill the disk";
}
TEST_F(EndSession, an_expired_proof_is_good_enough) {
  server.clock.advance(std::chrono::minutes(30));
  EXPECT_TRUE(end({{"id_token_hint", id_token}}).shows("You are signed out"));
  EXPECT_FALSE(is_signed_in());
}
TEST_F(EndSession, without_proof_it_asks_and_does_nothing_yet) {
  const Page page = end({});
  EXPECT_TRUE(page.shows("Sign out?"));
  EXPECT_TRUE(is_signed_in());
  EXPECT_TRUE(browser.post(routes::end_session, page.form(routes::end_session)).shows("You are signed out"));
  EXPECT_FALSE(is_signed_in());
}
TEST_F(EndSession, a_confirmation_another_site_sends_does_nothing) {
  const Page page = end({});
  browser.headers = {{"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(browser.post(routes::end_session, page.form(routes::end_session)).status, 403);
  browser.headers.clear();
  EXPECT_TRUE(is_signed_in());
}
TEST_F(EndSession, a_proof_of_another_session_asks) {
  server.add_user("eve@example.org", tests::ada_password);
  Browser other = server.browser();
  const std::string hint = sign_in(other, "eve@example.org");
  EXPECT_TRUE(end({{"id_token_hint", hint}}).shows("Sign out?"));
  EXPECT_TRUE(is_signed_in());
}
TEST_F(EndSession, row_19_it_leads_only_where_the_app_is_registered) {
  for (const std::string uri :
       {"https://evil.example/", "https://app.example.com/bye/", "https://app.example.com/bye?x=y", "//evil.example",
        "javascript:alert(1)", "https://app.example.com/callback"}) {
    const Page page = end({{"id_token_hint", id_token}, {"post_logout_redirect_uri", uri}});
    EXPECT_EQ(page.status, 400) << uri;
    EXPECT_EQ(page.location(), "") << uri;
  }
  EXPECT_EQ(end({{"post_logout_redirect_uri", "https://app.example.com/bye"}}).status, 400) << "no client named";
  EXPECT_TRUE(is_signed_in());
}
TEST_F(EndSession, row_13_a_hint_that_is_not_ours_is_refused) {
  EXPECT_EQ(end({{"id_token_hint", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."}}).status, 400);
  EXPECT_EQ(end({{"id_token_hint", id_token + "x"}}).status, 400);
  EXPECT_EQ(end({{"id_token_hint", id_token}, {"client_id", "other"}}).status, 400);
  EXPECT_TRUE(is_signed_in());
}
TEST_F(EndSession, a_post_of_an_app_becomes_the_get) {
  const Page page = browser.post(routes::end_session, {{"id_token_hint", id_token}});
  EXPECT_EQ(page.status, 303);
  EXPECT_TRUE(browser.follow(page).shows("You are signed out"));
}
TEST_F(EndSession, nobody_signed_in_is_signed_out) {
  Browser stranger = server.browser();
  EXPECT_TRUE(stranger.get(routes::end_session).shows("You are signed out"));
}

}  // namespace
}  // namespace latchkey::identity
