#include "identity/clients/client_store.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"
#include "identity/schema.h"
#include "sql/migrations.h"
#include "tests/support/databases.h"

namespace latchkey::identity {
namespace {

const Instant store_start = from_unix_seconds(1'700'000'000);

class ClientStoreTest : public tests::DatabaseTest<tests::OnSqlite> {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    ASSERT_TRUE(sql::migrate(db(), schema()));
    store_ = *ClientStore::open(db(), store_start);
  }
  static Client an_app() {
    Client client;
    client.id = ClientId("app");
    client.redirect_uris = {"https://app.example/callback"};
    client.grants = static_cast<std::uint8_t>(GrantType::authorization_code);
    client.scopes = {"openid", "read"};
    return client;
  }
  Code refused(const Client& client) {
    const auto added = store_->add(client, store_start);
    return added ? Code{} : added.error().code;
  }
  std::unique_ptr<ClientStore> store_;
};

TEST_F(ClientStoreTest, the_default_client_takes_loopback_redirects_on_any_port) {
  const auto client = store_->find(default_client_id);
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->may_redirect_to("http://127.0.0.1:49152/callback"));
  EXPECT_FALSE(client->may_redirect_to("http://127.0.0.1:49152/other"));
  EXPECT_FALSE(client->may_redirect_to("http://localhost:49152/callback"));
  EXPECT_FALSE(client->may_redirect_to("https://evil.example/callback"));
}

TEST_F(ClientStoreTest, a_secret_is_shown_once_and_stored_as_its_hash) {
  auto client = an_app();
  client.kind = ClientKind::confidential;
  const auto made = store_->add(client, store_start);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->secret.reveal_text().starts_with("lks_"));
  EXPECT_EQ(store_->find("app")->secret_hash, crypto::sha256(made->secret.reveal()));
}

TEST_F(ClientStoreTest, everything_about_a_client_survives_a_restart) {
  auto client = an_app();
  client.name = "App";
  client.resources = {"https://api.example"};
  client.requires_dpop = true;
  client.post_logout_redirect_uris = {"https://app.example/bye"};
  client.backchannel_logout_uri = "https://app.example/logout?from=latchkey";
  ASSERT_TRUE(store_->add(client, store_start));
  store_ = *ClientStore::open(db(), store_start);
  const auto read = store_->find("app");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "App");
  EXPECT_EQ(read->redirect_uris, client.redirect_uris);
  EXPECT_EQ(read->scopes, client.scopes);
  EXPECT_TRUE(read->requires_dpop);
  EXPECT_EQ(read->backchannel_logout_uri, client.backchannel_logout_uri);
  EXPECT_TRUE(read->may_ask_for_resource("https://api.example"));
  EXPECT_TRUE(read->may_redirect_after_logout_to("https://app.example/bye"));
  EXPECT_TRUE(read->may_ask_for_scope("read openid"));
  EXPECT_FALSE(read->may_ask_for_scope("read admin"));
}

TEST_F(ClientStoreTest, another_process_sees_a_change_when_it_looks) {
  const auto other = *ClientStore::open(db(), store_start);
  ASSERT_TRUE(store_->add(an_app(), store_start));
  EXPECT_FALSE(other->find("app"));
  ASSERT_TRUE(other->refresh_if_changed());
  EXPECT_TRUE(other->find("app"));
  ASSERT_TRUE(store_->set_enabled(ClientId("app"), false, store_start));
  EXPECT_FALSE(store_->find("app"));
  ASSERT_TRUE(other->refresh_if_changed());
  EXPECT_FALSE(other->find("app"));
}

TEST_F(ClientStoreTest, row_4_redirect_uris_that_cannot_be_safe_are_refused) {
  for (const char* uri : {"javascript:alert(1)", "data:text/html,x", "http://app.example/", "https://a.example/#x",
                          "https://u@a.example/", "https://a.example/../x", "https://*.example/"}) {
    auto client = an_app();
    client.redirect_uris = {uri};
    EXPECT_EQ(refused(client), Code::invalid_argument) << uri;
  }
}

TEST_F(ClientStoreTest, row_61_logout_uris_that_cannot_be_safe_are_refused) {
  for (const char* uri : {"http://app.example/logout", "file:///etc/passwd", "gopher://app.example/",
                          "https://u:p@app.example/", "https://app.example/#f", "/logout", "https:///logout"}) {
    auto client = an_app();
    client.backchannel_logout_uri = uri;
    EXPECT_EQ(refused(client), Code::invalid_argument) << uri;
  }
}

TEST_F(ClientStoreTest, what_does_not_go_together_is_refused) {
  auto client = an_app();
  client.grants = static_cast<std::uint8_t>(GrantType::client_credentials);
  EXPECT_EQ(refused(client), Code::invalid_argument) << "a public client acting for itself";
  client = an_app();
  client.may_introspect = true;
  EXPECT_EQ(refused(client), Code::invalid_argument);
  client = an_app();
  client.redirect_uris.clear();
  EXPECT_EQ(refused(client), Code::invalid_argument);
  client = an_app();
  client.id = ClientId("an app");
  EXPECT_EQ(refused(client), Code::invalid_argument);
  EXPECT_EQ(refused(an_app()), Code{});
  EXPECT_EQ(refused(an_app()), Code::already_exists);
}

}  // namespace
}  // namespace latchkey::identity
