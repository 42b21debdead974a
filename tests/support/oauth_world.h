// The OAuth endpoints in one process: a temporary SQLite file, a clock that stands still, a client that calls the
// router.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "crypto/random.h"
#include "http/server/loopback_client.h"
#include "identity/accounts/account_store.h"
#include "identity/endpoints/oauth_endpoints.h"
#include "identity/endpoints/oauth_service.h"
#include "identity/grants/authorization_code.h"
#include "identity/schema.h"
#include "identity/tokens/family_store.h"
#include "protocol/form.h"
#include "protocol/json.h"
#include "protocol/oauth/client_authentication.h"
#include "protocol/oauth/dpop.h"
#include "protocol/oauth/pkce.h"
#include "sql/migrations.h"
#include "tests/support/databases.h"

namespace latchkey::tests {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Reply {
  int status = 0;
  http::Headers headers;
  std::string body;

  protocol::json::Value json() const { return protocol::json::parse_object(body).value_or(protocol::json::Value()); }
  std::string text(std::string_view name) const {
    const auto object = json();
    const auto* found = object.find(name);
    return found != nullptr ? std::string(found->to_string().value_or("")) : std::string();
  }
  bool flag(std::string_view name) const {
    const auto object = json();
    const auto* found = object.find(name);
    return found != nullptr && found->to_bool().value_or(false);
  }
  std::string field(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
};

// A device key and its proofs.
class Device {
 public:
  const std::string& thumbprint() const { return prover_.thumbprint(); }
  std::string prove(std::string_view method, std::string_view url, Instant now, std::string_view access_token = {},
                    std::string_view nonce = {}, const ByteArray<16>& jti = crypto::random_array<16>()) const {
    const protocol::oauth::DpopTarget target{
        .method = method,
        .url = url,
        .access_token = access_token.empty() ? std::nullopt : std::optional(access_token),
        .nonce = nonce.empty() ? std::nullopt : std::optional(nonce)};
    return std::string(*prover_.prove(target, jti, now));
  }

 private:
  crypto::SigningKey key_ = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  protocol::oauth::DpopProver prover_{key_};
};

class OAuthWorld : public ::testing::Test {
 protected:
  static constexpr const char* issuer = "https://id.example";
  static constexpr const char* redirect_uri = "http://127.0.0.1/callback";
  static constexpr const char* api = "https://api.example";
  static constexpr const char* verifier = "a-verifier-of-more-than-forty-three-characters-1234";

  void SetUp() override {
    db_ = *files_.open();
    ASSERT_TRUE(sql::migrate(*db_, identity::schema()));
    auto work = [&](sql::Transaction& tx) { return create_account(tx, "alice", identity::Role::user, clock_.now()); };
    user_ = (*db_->write(work).get()).id;
    clients_ = *identity::ClientStore::open(*db_, clock_.now());
    start_service();
    add_clients();
  }

  // As a restart of the server would.
  void start_service(bool requires_dpop_nonce = false) {
    identity::OAuthSettings settings;
    settings.requires_dpop_nonce = requires_dpop_nonce;
    start_service_with(std::move(settings));
  }
  void start_service_with(identity::OAuthSettings settings) {
    settings.issuer = issuer;
    keys_ = *identity::SigningKeys::open(*db_, encryption_, {}, clock_.now());
    service_ = *make_oauth_service({*db_, clock_, *clients_, *keys_, encryption_}, settings);
    router_ = http::Router();
    add_oauth_endpoints(router_, service_);
    clock_.advance(std::chrono::seconds(1));  // proofs from the second of the start need a nonce
  }

  void add_clients() {
    using enum identity::GrantType;
    const auto code_and_refresh = static_cast<std::uint8_t>(1 | 2);
    identity::Client app;
    app.id = identity::ClientId("app");
    app.redirect_uris = {redirect_uri};
    app.grants = code_and_refresh;
    app.scopes = {"openid", "profile", "read"};
    app.resources = {api};
    ASSERT_TRUE(clients_->add(app, clock_.now()));
    app.id = identity::ClientId("other-app");
    ASSERT_TRUE(clients_->add(app, clock_.now()));
    app.id = identity::ClientId("bound-app");
    app.requires_dpop = true;
    ASSERT_TRUE(clients_->add(app, clock_.now()));
    service_secret_ = add_confidential("service", {.grants = 4, .resources = {api}});
    gateway_secret_ = add_confidential("gateway", {.grants = 0, .resources = {}});
    api_secret_ = add_confidential("api-gateway", {.grants = 0, .resources = {api}});
  }
  struct Confidential {
    std::uint8_t grants;
    std::vector<std::string> resources;
  };
  std::string add_confidential(const std::string& id, const Confidential& what) {
    identity::Client client;
    client.id = identity::ClientId(id);
    client.kind = identity::ClientKind::confidential;
    client.grants = what.grants;
    client.scopes = {"read", "write"};
    client.resources = what.resources;
    client.may_introspect = what.grants == 0;
    const auto made = clients_->add(client, clock_.now());
    EXPECT_TRUE(made);
    return std::string(made->secret.reveal_text());
  }

  Reply send(const http::Request& request) {
    http::LoopbackClient client(router_);
    client.set_address(address_);
    const auto response = client.send(request);
    EXPECT_TRUE(response) << to_string(response.error());
    return {response->status, response->headers, std::string(response->body_text())};
  }
  Reply post(std::string_view path, const Fields& fields, const Fields& headers = {}) {
    protocol::form::Writer body;
    for (const auto& [name, value] : fields) body.add(name, value);
    http::Request request;
    request.method = http::Method::post;
    request.url = issuer + std::string(path);
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    request.body = body.take();
    return send(request);
  }
  Reply get(std::string_view path, const Fields& headers = {}) {
    http::Request request;
    request.url = issuer + std::string(path);
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    return send(request);
  }
  static std::pair<std::string, std::string> basic(std::string_view id, std::string_view secret) {
    const protocol::oauth::ClientAuthentication client{
        .method = protocol::oauth::ClientAuthenticationMethod::client_secret_basic,
        .client_id = std::string(id),
        .secret = protocol::oauth::ClientSecret::copy_of(secret)};
    return {"Authorization", std::string(*basic_authorization(client))};
  }

  identity::AuthorizationGrant grant() const {
    const auto text = *protocol::oauth::parse_pkce_verifier(verifier);
    return {.client = identity::ClientId("app"),
            .user = user_,
            .session = identity::SessionId("sid-1"),
            .redirect_uri = redirect_uri,
            .code_challenge = protocol::oauth::pkce_challenge(text),
            .key_thumbprint = {},
            .scope = "openid profile read",
            .resource = {},
            .nonce = "nonce-1",
            .authenticated_at = clock_.now()};
  }
  std::string code(const identity::AuthorizationGrant& what) {
    auto work = [&](sql::Transaction& tx) { return issue_authorization_code(tx, what, clock_.now()); };
    return std::string(db_->write(work).get()->reveal_text());
  }
  static Fields code_fields(const std::string& code, const std::string& client = "app") {
    return {{"grant_type", "authorization_code"},
            {"code", code},
            {"redirect_uri", redirect_uri},
            {"code_verifier", verifier},
            {"client_id", client}};
  }
  static Fields refresh_fields(const std::string& token, const std::string& client = "app") {
    return {{"grant_type", "refresh_token"}, {"refresh_token", token}, {"client_id", client}};
  }
  Reply sign_in() { return post("/token", code_fields(code(grant()))); }
  Reply sign_in(const Device& device) {
    return post("/token", code_fields(code(grant())), {{"DPoP", device.prove("POST", token_url, clock_.now())}});
  }
  bool is_active(const std::string& token) {
    return post("/introspect", {{"token", token}}, {basic("gateway", gateway_secret_)}).flag("active");
  }
  template <class Closure>
  void write(Closure closure) {
    ASSERT_TRUE(db_->write(closure).get());
  }

  const std::string token_url = std::string(issuer) + "/token";
  const std::string userinfo_url = std::string(issuer) + "/userinfo";
  ManualClock clock_;
  http::Address address_ = *http::Address::parse("127.0.0.1");  // where requests come from
  Chosen files_;
  std::unique_ptr<sql::Database> db_;
  identity::KeyEncryption encryption_ =
      *identity::KeyEncryption::from(crypto::random_secret<identity::KeyEncryptionSecretTag>(32));
  std::unique_ptr<identity::ClientStore> clients_;
  std::unique_ptr<identity::SigningKeys> keys_;
  std::shared_ptr<identity::OAuthService> service_;
  http::Router router_;
  identity::UserId user_;
  std::string service_secret_, gateway_secret_, api_secret_;
};

}  // namespace latchkey::tests
