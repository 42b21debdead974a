#include <gtest/gtest.h>

#include <set>

#include "identity/accounts/invites.h"
#include "identity/signals/outbox.h"
#include "identity/signals/status_index.h"
#include "identity/tokens/family_store.h"
#include "protocol/json.h"
#include "protocol/routes.h"
#include "tests/support/databases.h"
#include "tests/support/identity_server.h"

namespace latchkey::identity {
namespace {

using tests::Browser;
using tests::IdentityServer;
using tests::Page;
using FormFields = std::map<std::string, std::string>;
namespace routes = protocol::routes;

struct Housekeeping : ::testing::Test {
  Housekeeping() {
    user = server.add_user(tests::ada, tests::ada_password);
    server.add_client("app", [](Client& client) {
      client.is_first_party = false;
      client.backchannel_logout_uri = "https://app.example.com/logout";
    });
  }

  // Leaves a row in every table that a busy day fills.
  void live_through_a_day() {
    Browser browser = server.browser();
    EXPECT_EQ(server.sign_in(browser, browser.get(routes::sign_in), "nobody", "not the right password").status, 422);
    const Page page =
        browser.follow(server.sign_in(browser, browser.get(server.authorize_url(server.authorization()))));
    FormFields choice = page.form(routes::consent);
    choice["decision"] = "allow";
    const Page back = page.status == 200 ? browser.post(routes::consent, choice) : page;
    FormFields exchange{{"grant_type", "authorization_code"},
                        {"client_id", "app"},
                        {"code", tests::query_of(back.location())["code"]},
                        {"redirect_uri", std::string(tests::app_callback)},
                        {"code_verifier", std::string(tests::pkce_verifier)}};
    const Page tokens = browser.post(routes::token, exchange);
    ASSERT_EQ(tokens.status, 200) << tokens.text;
    const auto json = protocol::json::parse(tokens.text);
    const std::string token(json->find("access_token")->to_string().value_or(""));
    EXPECT_EQ(browser.post(routes::revoke, {{"client_id", "app"}, {"token", token}}).status, 200);
    ASSERT_TRUE(server.write([&](sql::Transaction& tx) { return create_invite(tx, user, server.clock.now()); }));
    const EndedSession ended{user, ClientId("app"), SessionId("sid"), RevocationReason::reuse, server.clock.now()};
    ASSERT_TRUE(server.write([&](sql::Transaction& tx) -> Status {
      TRY_DO(announce_end(tx, ended));
      return publish_end(tx, 0, server.clock.now());
    }));
  }

  std::set<std::string> filled_tables() {
    const auto rows =
        server.db
            ->read([](sql::Transaction& tx) { return tx.query("SELECT name FROM sqlite_master WHERE type = 'table'"); })
            .get();
    std::set<std::string> filled;
    for (const sql::Row row : *rows) {
      const auto name = *row.get<std::string>(0);
      const auto some =
          server.db->read([&](sql::Transaction& tx) { return tx.query("SELECT 1 FROM " + name + " LIMIT 1"); }).get();
      if (!some->is_empty()) filled.insert(name);
    }
    return filled;
  }

  tests::OnSqlite files;
  IdentityServer server{IdentityServer::Options{.open_database = [this] { return files.open(); },
                                                .event_receivers = {"https://gateway.example/"}}};
  UserId user;
};

// What an operator adds, and what must be kept. Everything else expires, and a new table has to be thought about here.
const std::set<std::string> kept{"accounts",        "audit_log",    "client_revision",   "clients",
                                 "consents",        "passwords",    "refresh_keys",      "signing_keys",
                                 "sign_in_secrets", "status_lists", "schema_migrations", "event_receivers"};

TEST_F(Housekeeping, leaves_nothing_behind_that_has_expired) {
  live_through_a_day();
  std::set<std::string> expiring{
      "attempt_buckets", "authorization_codes", "browser_sessions",      "ended_statuses", "families", "outbox",
      "invites",         "remembered_devices",  "revoked_access_tokens", "used_forms"};
  std::set<std::string> all = kept;
  all.merge(std::set<std::string>(expiring));
  EXPECT_EQ(filled_tables(), all) << "the day did not fill every table";

  ASSERT_TRUE(server.server->keep_house());
  EXPECT_EQ(filled_tables(), all) << "what lives was dropped";
  server.clock.advance(std::chrono::days(181));
  ASSERT_TRUE(server.server->keep_house());
  EXPECT_EQ(filled_tables(), kept);
}

TEST_F(Housekeeping, forgets_ended_sessions_after_a_day_and_idle_ones_soon_after_their_end) {
  const auto has_family = [this] { return filled_tables().contains("families"); };
  live_through_a_day();
  server.disable_user(user);
  server.clock.advance(std::chrono::hours(23));
  ASSERT_TRUE(server.server->keep_house());
  EXPECT_TRUE(has_family());
  server.clock.advance(std::chrono::hours(2));
  ASSERT_TRUE(server.server->keep_house());
  EXPECT_FALSE(has_family());

  ASSERT_TRUE(server.write([this](sql::Transaction& tx) { return enable_account(tx, user, server.clock.now()); }));
  live_through_a_day();
  server.clock.advance(std::chrono::days(30));
  ASSERT_TRUE(server.server->keep_house());
  EXPECT_TRUE(has_family());
  server.clock.advance(std::chrono::days(2));
  ASSERT_TRUE(server.server->keep_house());
  EXPECT_FALSE(has_family());
}

// The schema and its housekeeping run on PostgreSQL as they are.
TEST(Housekeeping_on_postgres, runs) {
  tests::OnPostgres postgres;
  if (!postgres.missing.empty()) GTEST_SKIP() << postgres.missing;
  IdentityServer server(IdentityServer::Options{.open_database = [&] { return postgres.open(); }});
  EXPECT_TRUE(server.server->keep_house());
  EXPECT_TRUE(server.server->follow_changes());
  server.db->stop();
}

}  // namespace
}  // namespace latchkey::identity
