// Rows 22, 32 of the security catalogue where browsers take part: what somebody else does between two steps of one
// request. Whatever ends a session or a password wins; nothing that was under way lives on.
#include <gtest/gtest.h>

#include "identity/accounts/password_store.h"
#include "identity/login/browser_sessions.h"
#include "protocol/json.h"
#include "protocol/routes.h"
#include "tests/support/databases.h"
#include "tests/support/identity_server.h"

namespace latchkey {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
namespace routes = protocol::routes;
using Fields = std::map<std::string, std::string>;
constexpr std::string_view new_password = "a new one with five words";

template <class Kind>
struct Race : ::testing::Test {
  void SetUp() override {
    if (!kind.missing.empty()) GTEST_SKIP() << kind.missing;
    server = std::make_unique<IdentityServer>(IdentityServer::Options{.open_database = [this] { return kind.open(); }});
    server->add_client("app");
    ada = server->add_user(tests::ada, tests::ada_password);
    browser = std::make_unique<Browser>(server->browser());
  }

  void sign_in(Browser& in) { ASSERT_EQ(server->sign_in(in, in.get(routes::sign_in)).status, 303); }
  void sign_out_everywhere() {
    ASSERT_TRUE(server->write([this](sql::Transaction& tx) {
      return identity::end_all_sessions(tx, ada, identity::RevocationReason::signed_out, server->clock.now());
    }));
  }
  // As a reset link does.
  void set_password(std::string_view password) {
    const auto phc = crypto::hash_password(as_bytes(password), crypto::argon2_min_cost)->print();
    ASSERT_TRUE(server->write(
        [&](sql::Transaction& tx) { return identity::change_password(tx, ada, phc, server->clock.now()); }));
  }
  std::int64_t count(std::string_view table) {
    const auto rows =
        server->db->read([&](sql::Transaction& tx) { return tx.query("SELECT COUNT(*) FROM " + std::string(table)); })
            .get();
    return rows->operator[](0).template get<std::int64_t>(0).value_or(-1);
  }
  int sign_in_status(std::string_view password) {
    Browser other = server->browser();
    return server->sign_in(other, other.get(routes::sign_in), tests::ada, password).status;
  }

  Kind kind;
  std::unique_ptr<IdentityServer> server;
  std::unique_ptr<Browser> browser;
  identity::UserId ada;
};
TYPED_TEST_SUITE(Race, tests::Databases, tests::DatabaseNames);

TYPED_TEST(Race, row_32_signing_out_while_a_code_is_issued_leaves_no_code) {
  this->sign_in(*this->browser);
  this->server->db->before_write(1, [this] { this->sign_out_everywhere(); });
  const Page page = this->browser->get(this->server->authorize_url(this->server->authorization()));
  ASSERT_TRUE(this->server->db->has_happened());
  EXPECT_EQ(tests::query_of(page.location()).count("code"), 0U);
  EXPECT_EQ(tests::query_of(page.location())["error"], "login_required") << page.location();
  EXPECT_EQ(this->count("authorization_codes"), 0);
}

TYPED_TEST(Race, row_32_a_new_password_while_the_old_one_signs_in_leaves_no_session) {
  // Writes of a sign-in: take the attempt, settle it, begin the session.
  for (const int step : {2, 3}) {
    Browser thief = this->server->browser();
    const Page form = thief.get(routes::sign_in);
    this->server->db->before_write(step, [this] { this->set_password(new_password); });
    EXPECT_EQ(this->server->sign_in(thief, form).status, 422) << "step " << step;
    ASSERT_TRUE(this->server->db->has_happened());
    EXPECT_EQ(this->count("browser_sessions"), 0);
    this->set_password(tests::ada_password);
  }
}

TYPED_TEST(Race, row_32_the_old_password_cannot_overwrite_a_reset) {
  this->sign_in(*this->browser);
  Fields fields = this->browser->get(routes::account).form(routes::account_password);
  fields["password"] = tests::ada_password;
  fields["new_password"] = "what a thief would like to set";
  this->server->db->before_write(3, [this] { this->set_password(new_password); });
  EXPECT_EQ(this->browser->post(routes::account_password, fields).status, 422);
  ASSERT_TRUE(this->server->db->has_happened());
  EXPECT_EQ(this->sign_in_status(new_password), 303);
  EXPECT_EQ(this->sign_in_status("what a thief would like to set"), 422);
}

TYPED_TEST(Race, row_32_disabling_the_user_while_they_sign_in_leaves_no_session) {
  Browser other = this->server->browser();
  const Page form = other.get(routes::sign_in);
  this->server->db->before_write(3, [this] { this->server->disable_user(this->ada); });
  EXPECT_EQ(this->server->sign_in(other, form).status, 422);
  EXPECT_EQ(this->count("browser_sessions"), 0);
}

TYPED_TEST(Race, a_sign_in_form_sent_twice_signs_in_twice) {
  this->sign_in(*this->browser);
  Fields prompt = this->server->authorization();
  prompt["prompt"] = "login";
  const Page form = this->browser->get(this->server->authorize_url(prompt));
  Browser twin = *this->browser;
  this->server->db->before_write(3, [&] { EXPECT_EQ(this->server->sign_in(twin, form).status, 303); });
  EXPECT_EQ(this->server->sign_in(*this->browser, form).status, 303);
  ASSERT_TRUE(this->server->db->has_happened());
}

TYPED_TEST(Race, a_session_that_ended_meanwhile_does_not_give_its_name_to_the_next) {
  this->sign_in(*this->browser);
  const std::string ended = this->browser->get(routes::account).form(routes::account_end_session)["sid"];
  Fields prompt = this->server->authorization();
  prompt["prompt"] = "login";
  const Page form = this->browser->get(this->server->authorize_url(prompt));
  this->server->db->before_write(3, [this] { this->sign_out_everywhere(); });
  ASSERT_EQ(this->server->sign_in(*this->browser, form).status, 303);
  EXPECT_NE(this->browser->get(routes::account).form(routes::account_end_session)["sid"], ended);
}

}  // namespace
}  // namespace latchkey
