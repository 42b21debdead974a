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
constexpr std::string_view new_password = "a new one with five words";

struct AccountPages : ::testing::Test {
  AccountPages() {
    server.add_user(tests::ada, tests::ada_password);
    browser.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    sign_in(browser);
  }
  void sign_in(Browser& in) { ASSERT_EQ(server.sign_in(in, in.get(routes::sign_in)).status, 303); }
  bool is_signed_in(Browser& in) { return in.get(routes::account).status == 200; }
  Page change(std::string_view current, std::string_view next) {
    FormFields fields = browser.get(routes::account).form(routes::account_password);
    fields["password"] = current;
    fields["new_password"] = next;
    return browser.post(routes::account_password, fields);
  }

  IdentityServer server;
  Browser browser = server.browser();
};

TEST_F(AccountPages, name_the_browser_and_when) {
  const Page page = browser.get(routes::account);
  EXPECT_TRUE(page.shows("Firefox on Linux") && page.shows("(this browser)") &&
              page.shows("14 November 2023, 22:13 UTC"));
}
TEST_F(AccountPages, the_bare_address_leads_there) {
  const Page page = browser.get(routes::home);
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(page.location(), routes::account);
}
TEST_F(AccountPages, another_session_can_be_ended) {
  Browser other = server.browser();
  sign_in(other);
  const Page page = other.get(routes::account);
  // The first form of the list is the most recently seen one; its own session id is in its form.
  FormFields fields = page.form(routes::account_end_session);
  const Page done = other.post(routes::account_end_session, fields);
  EXPECT_NE(done.status, 403);
  EXPECT_NE(is_signed_in(browser), is_signed_in(other)) << "exactly one of the two was ended";
}
TEST_F(AccountPages, somebody_elses_session_cannot_be_ended) {
  server.add_user("eve@example.org", tests::ada_password);
  Browser eve = server.browser();
  ASSERT_EQ(server.sign_in(eve, eve.get(routes::sign_in), "eve@example.org").status, 303);
  FormFields fields = eve.get(routes::account).form(routes::account_end_session);
  fields["sid"] = browser.get(routes::account).form(routes::account_end_session)["sid"];
  eve.post(routes::account_end_session, fields);
  EXPECT_TRUE(is_signed_in(browser));
}
TEST_F(AccountPages, a_new_password_ends_every_other_session_and_renews_this_one) {
  Browser other = server.browser();
  sign_in(other);
  const std::string before = browser.cookies()["__Host-sid"].value;
  EXPECT_EQ(change(tests::ada_password, new_password).status, 303);
  EXPECT_NE(browser.cookies()["__Host-sid"].value, before);
  EXPECT_TRUE(is_signed_in(browser));
  EXPECT_FALSE(is_signed_in(other));
  EXPECT_EQ(server.sign_in(other, other.get(routes::sign_in)).status, 422);
}
TEST_F(AccountPages, a_new_password_needs_the_current_one) {
  EXPECT_TRUE(change("not the right password", new_password).shows("The current password is wrong"));
  EXPECT_TRUE(change(tests::ada_password, "short").shows("too short"));
  EXPECT_TRUE(is_signed_in(browser));
}
TEST_F(AccountPages, the_current_password_cannot_be_guessed_here_either) {
  int wrong = 0;
  for (int i = 0; i < 20; ++i) wrong += change("not the right password", new_password).status == 422;
  EXPECT_LE(wrong, 15);
  const Page refused = change("not the right password", new_password);
  EXPECT_EQ(refused.status, 429);
  EXPECT_FALSE(refused.header("Retry-After").empty());
}
TEST_F(AccountPages, forms_other_sites_send_do_nothing) {
  const Page page = browser.get(routes::account);
  browser.headers["Sec-Fetch-Site"] = "cross-site";
  for (const std::string_view action :
       {routes::account_sign_out_everywhere, routes::account_end_session, routes::account_password})
    EXPECT_EQ(browser.post(action, page.form(action)).status, 403);
  browser.headers.erase("Sec-Fetch-Site");
  EXPECT_TRUE(is_signed_in(browser));
}
TEST_F(AccountPages, need_a_session) {
  Browser stranger = server.browser();
  EXPECT_EQ(stranger.get(routes::account).location(), routes::sign_in);
  EXPECT_EQ(stranger.post(routes::account_sign_out_everywhere, {}).status, 403);
}

}  // namespace
}  // namespace latchkey::identity
