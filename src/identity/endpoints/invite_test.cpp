// Negative row 59 of the security catalogue, for the links this server makes.
#include <gtest/gtest.h>

#include <thread>

#include "identity/accounts/invites.h"
#include "protocol/routes.h"
#include "tests/support/identity_server.h"

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
using FormFields = std::map<std::string, std::string>;
namespace routes = protocol::routes;

struct InviteLink : ::testing::Test {
  std::string link_for(const UserId& whose) {
    auto work = [&](sql::Transaction& tx) { return create_invite(tx, whose, server.clock.now()); };
    return std::string(invite_link(server.issuer(), *server.write(work)));
  }
  FormFields filled(const Page& page, std::string_view password = "a new one with five words") {
    FormFields fields = page.form(routes::invite);
    fields["new_password"] = fields["new_password_again"] = password;
    return fields;
  }

  IdentityServer server;
  UserId user = server.add_user(tests::ada, tests::ada_password);
  Browser browser = server.browser();
};

TEST_F(InviteLink, sets_the_password_and_signs_in) {
  const Page page = browser.get(link_for(user));
  EXPECT_TRUE(page.shows("ada@example.org"));
  EXPECT_EQ(browser.post(routes::invite, filled(page)).status, 303);
  EXPECT_TRUE(browser.get(routes::account).shows("Signed in as"));
  Browser other = server.browser();
  const Page sign_in = other.get(routes::sign_in);
  EXPECT_EQ(server.sign_in(other, sign_in, tests::ada, tests::ada_password).status, 422) << "the old one is gone";
  EXPECT_EQ(server.sign_in(other, sign_in, tests::ada, "a new one with five words").status, 303);
}
TEST_F(InviteLink, looking_at_the_page_uses_nothing_up) {
  const std::string link = link_for(user);
  browser.get(link);
  EXPECT_EQ(browser.get(link).status, 200);
}
TEST_F(InviteLink, making_one_is_on_record) {
  const auto records = [this](std::string_view event) {
    auto look = [&](sql::Transaction& tx) { return tx.query("SELECT user_id FROM audit_log WHERE event = $1", event); };
    return *server.db->read(look).get();
  };
  link_for(user);
  const sql::Rows made = records("password link made");
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(*made[0].get<UserId>(0), user);
  ASSERT_TRUE(server.server->invite_admin());
  EXPECT_EQ(records("admin link made").size(), 1U);
}
TEST_F(InviteLink, works_once) {
  const std::string link = link_for(user);
  const Page page = browser.get(link);
  EXPECT_EQ(browser.post(routes::invite, filled(page)).status, 303);
  EXPECT_EQ(browser.get(link).status, 410);
  EXPECT_EQ(browser.post(routes::invite, filled(page)).status, 403) << "its form is void, too";
}
TEST_F(InviteLink, works_for_exactly_one_of_many_at_once) {
  const std::string link = link_for(user);
  std::atomic<int> succeeded = 0;
  std::vector<std::thread> people;
  for (int i = 0; i < 8; ++i) {
    people.emplace_back([&] {
      Browser one = server.browser();
      succeeded += one.post(routes::invite, filled(one.get(link))).status == 303 ? 1 : 0;
    });
  }
  for (std::thread& person : people) person.join();
  EXPECT_EQ(succeeded, 1);
}
TEST_F(InviteLink, expires_after_a_day) {
  const std::string link = link_for(user);
  server.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(browser.get(link).status, 410);
}
TEST_F(InviteLink, is_void_once_a_newer_one_is_made) {
  const std::string older = link_for(user), newer = link_for(user);
  EXPECT_EQ(browser.get(older).status, 410);
  EXPECT_EQ(browser.get(newer).status, 200);
}
TEST_F(InviteLink, is_void_for_a_disabled_account) {
  const std::string link = link_for(user);
  server.disable_user(user);
  EXPECT_EQ(browser.get(link).status, 410);
}
TEST_F(InviteLink, unknown_and_malformed_secrets_get_the_same_page) {
  const Page unknown = browser.get(std::string(routes::invite) + "?token=" + std::string(43, 'A'));
  for (const std::string token : {"", "x", "%27%20OR%201%3D1", "AAAA"}) {
    const Page page = browser.get(std::string(routes::invite) + "?token=" + token);
    EXPECT_EQ(page.status, 410);
    EXPECT_EQ(page.text, unknown.text);
  }
}
TEST_F(InviteLink, ends_every_session_there_was) {
  Browser elsewhere = server.browser();
  server.sign_in(elsewhere, elsewhere.get(routes::sign_in));
  EXPECT_EQ(elsewhere.get(routes::account).status, 200);
  EXPECT_EQ(browser.post(routes::invite, filled(browser.get(link_for(user)))).status, 303);
  EXPECT_EQ(elsewhere.get(routes::account).status, 303);
}
TEST_F(InviteLink, points_to_the_configured_issuer_whatever_the_host_header) {
  browser.headers = {{"Host", "evil.example"}, {"X-Forwarded-Host", "evil.example"}};
  EXPECT_FALSE(browser.get(link_for(user)).shows("evil.example"));
  EXPECT_TRUE(link_for(user).starts_with(server.issuer() + "/invite?token="));
}
TEST_F(InviteLink, its_page_gives_the_secret_to_nobody) {
  EXPECT_EQ(browser.get(link_for(user)).header("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(browser.get(link_for(user)).header("Cache-Control"), "no-store");
}
TEST_F(InviteLink, its_form_cannot_be_sent_from_elsewhere) {
  const Page page = browser.get(link_for(user));
  browser.headers = {{"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(browser.post(routes::invite, filled(page)).status, 403);
}
TEST_F(InviteLink, a_weak_or_mistyped_password_uses_nothing_up) {
  const std::string link = link_for(user);
  EXPECT_EQ(browser.post(routes::invite, filled(browser.get(link), "short")).status, 422);
  EXPECT_EQ(browser.post(routes::invite, filled(browser.get(link), "passwordpassword")).status, 422);
  FormFields differing = filled(browser.get(link));
  differing["new_password_again"] = "another one with five words";
  const Page page = browser.post(routes::invite, differing);
  EXPECT_TRUE(page.shows("The two passwords differ"));
  EXPECT_EQ(browser.post(routes::invite, filled(page)).status, 303);
}
TEST_F(InviteLink, the_first_admin_cannot_take_a_name_that_is_taken) {
  const std::string link(**server.server->invite_first_admin());
  FormFields fields = filled(browser.get(link));
  fields["login_name"] = "ADA@example.org";
  const Page page = browser.post(routes::invite, fields);
  EXPECT_EQ(page.status, 422);
  EXPECT_TRUE(page.shows("is taken"));
}

}  // namespace
}  // namespace latchkey::identity
