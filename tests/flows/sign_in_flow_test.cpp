// A person's whole way: invite, password, sign-in, tokens, refresh, sign-out. Router, browser and app in one process.
#include <gtest/gtest.h>

#include "crypto/signature.h"
#include "protocol/json.h"
#include "protocol/oauth/dpop.h"
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

// Posts as an app does: no cookies, no browser.
Page call(IdentityServer& server, std::string_view path, const Fields& fields, const Fields& headers = {}) {
  Browser app = server.browser();
  app.headers = headers;
  app.headers.insert({{"Origin", ""}, {"Sec-Fetch-Site", ""}});
  return app.post(path, fields);
}

// Fetches as an app does.
Page fetch(IdentityServer& server, std::string_view path, const Fields& headers) {
  Browser app = server.browser();
  app.headers = headers;
  return app.get(path);
}

std::string text_of(const Page& page, std::string_view member) {
  const auto json = protocol::json::parse(page.text);
  const auto* value = json ? json->find(member) : nullptr;
  return value != nullptr ? std::string(value->to_string().value_or("")) : std::string();
}

Fields exchange(const std::string& code) {
  return {{"grant_type", "authorization_code"},
          {"client_id", "app"},
          {"code", code},
          {"redirect_uri", std::string(tests::app_callback)},
          {"code_verifier", std::string(tests::pkce_verifier)}};
}

Fields refresh(const std::string& token) {
  return {{"grant_type", "refresh_token"}, {"client_id", "app"}, {"refresh_token", token}};
}

void add_app(IdentityServer& server) {
  server.add_client(
      "app", [](identity::Client& client) { client.post_logout_redirect_uris = {"https://app.example.com/bye"}; });
}

// On each kind of database.
template <class Kind>
struct SignInFlow : ::testing::Test {
  void SetUp() override {
    if (!kind.missing.empty()) GTEST_SKIP() << kind.missing;
    started =
        std::make_unique<IdentityServer>(IdentityServer::Options{.open_database = [this] { return kind.open(); }});
  }
  IdentityServer& start() { return *started; }

  Kind kind;
  std::unique_ptr<IdentityServer> started;
};
TYPED_TEST_SUITE(SignInFlow, tests::Databases, tests::DatabaseNames);

TYPED_TEST(SignInFlow, the_first_invite_makes_the_admin) {
  IdentityServer& server = this->start();
  const auto link = server.server->invite_first_admin();
  ASSERT_TRUE(link && *link);
  Browser browser = server.browser();
  const Page invite = browser.get(**link);
  ASSERT_EQ(invite.status, 200) << invite.text;
  Fields choice = invite.form(routes::invite);
  choice["login_name"] = "Root@Example.org";
  choice["new_password"] = choice["new_password_again"] = tests::ada_password;
  const Page welcome = browser.post(routes::invite, choice);
  ASSERT_EQ(welcome.status, 303) << welcome.text;
  EXPECT_TRUE(browser.follow(welcome).shows("root@example.org"));
  EXPECT_EQ(server.server->invite_first_admin(), std::nullopt) << "there is an admin now";
}

TYPED_TEST(SignInFlow, bearer_from_sign_in_to_sign_out) {
  IdentityServer& server = this->start();
  add_app(server);
  server.add_user(tests::ada, tests::ada_password);
  Browser browser = server.browser();

  const Page sign_in = browser.get(server.authorize_url(server.authorization()));
  ASSERT_EQ(sign_in.status, 200) << sign_in.text;
  EXPECT_TRUE(sign_in.shows("The app"));
  const Page signed_in = server.sign_in(browser, sign_in);
  ASSERT_EQ(signed_in.status, 303) << signed_in.text;
  const Page back = browser.follow(signed_in);
  ASSERT_TRUE(back.location().starts_with(tests::app_callback)) << back.text;
  Fields answer = tests::query_of(back.location());
  EXPECT_EQ(answer["state"], "the-state");
  EXPECT_EQ(answer["iss"], server.issuer());

  const Page tokens = call(server, routes::token, exchange(answer["code"]));
  ASSERT_EQ(tokens.status, 200) << tokens.text;
  EXPECT_EQ(text_of(tokens, "token_type"), "Bearer");
  const Fields bearer{{"Authorization", "Bearer " + text_of(tokens, "access_token")}};
  EXPECT_EQ(fetch(server, routes::userinfo, bearer).status, 200);

  server.clock.advance(std::chrono::minutes(6));
  EXPECT_EQ(fetch(server, routes::userinfo, bearer).status, 401) << "five minutes are over";
  const Page fresh = call(server, routes::token, refresh(text_of(tokens, "refresh_token")));
  ASSERT_EQ(fresh.status, 200) << fresh.text;
  EXPECT_EQ(fetch(server, routes::userinfo, {{"Authorization", "Bearer " + text_of(fresh, "access_token")}}).status,
            200);

  const Page out = browser.get(std::string(routes::end_session) + "?" +
                               tests::print_form({{"id_token_hint", text_of(tokens, "id_token")},
                                                  {"post_logout_redirect_uri", "https://app.example.com/bye"},
                                                  {"state", "s"}}));
  EXPECT_EQ(out.location(), "https://app.example.com/bye?state=s") << out.text;
  const Page dead = call(server, routes::token, refresh(text_of(fresh, "refresh_token")));
  EXPECT_EQ(dead.status, 400);
  EXPECT_EQ(text_of(dead, "error"), "invalid_grant");
  EXPECT_EQ(fetch(server, routes::userinfo, {{"Authorization", "Bearer " + text_of(fresh, "access_token")}}).status,
            401);
  EXPECT_EQ(browser.get(server.authorize_url(server.authorization())).status, 200) << "asks for the password again";
}

// An app with a key: every call carries a fresh proof, with the nonce the server last sent.
struct DpopApp {
  IdentityServer& server;
  protocol::oauth::DpopProver prover;
  std::uint8_t calls = 0;
  std::string nonce;

  std::string proof(std::string_view method, std::string_view path, std::string_view token) {
    const std::string url = server.issuer() + std::string(path);
    protocol::oauth::DpopTarget target{.method = method, .url = url, .access_token = {}, .nonce = {}};
    if (!token.empty()) target.access_token = token;
    if (!nonce.empty()) target.nonce = nonce;
    return std::string(prover.prove(target, ByteArray<16>{++calls}, server.clock.now()).value());
  }

  Page post(std::string_view path, const Fields& fields) {
    Page page = call(server, path, fields, {{"DPoP", proof("POST", path, "")}});
    if (text_of(page, "error") != "use_dpop_nonce") return page;
    nonce = page.header("DPoP-Nonce");
    return call(server, path, fields, {{"DPoP", proof("POST", path, "")}});
  }
};

TYPED_TEST(SignInFlow, dpop_from_sign_in_to_refresh) {
  IdentityServer& server = this->start();
  add_app(server);
  server.add_user(tests::ada, tests::ada_password);
  Browser browser = server.browser();
  const auto key = crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  ASSERT_TRUE(key);
  DpopApp app{server, protocol::oauth::DpopProver(*key), 0, {}};

  Fields parameters = server.authorization();
  parameters["dpop_jkt"] = app.prover.thumbprint();
  const std::string code = tests::query_of(server.code_url(browser, parameters))["code"];
  ASSERT_NE(code, "");
  EXPECT_EQ(call(server, routes::token, exchange(code)).status, 400) << "the code is bound to the key";

  const std::string again = tests::query_of(server.code_url(browser, parameters))["code"];
  const Page tokens = app.post(routes::token, exchange(again));
  ASSERT_EQ(tokens.status, 200) << tokens.text;
  EXPECT_EQ(text_of(tokens, "token_type"), "DPoP");
  const std::string token = text_of(tokens, "access_token");
  EXPECT_EQ(fetch(server, routes::userinfo,
                  {{"Authorization", "DPoP " + token}, {"DPoP", app.proof("GET", routes::userinfo, token)}})
                .status,
            200);
  EXPECT_EQ(fetch(server, routes::userinfo, {{"Authorization", "Bearer " + token}}).status, 401);

  const Fields next = refresh(text_of(tokens, "refresh_token"));
  EXPECT_EQ(call(server, routes::token, next).status, 400) << "without the key";
  const Page fresh = app.post(routes::token, next);
  EXPECT_EQ(fresh.status, 200) << fresh.text;
}

TYPED_TEST(SignInFlow, signing_out_everywhere_ends_every_app_and_browser) {
  IdentityServer& server = this->start();
  add_app(server);
  server.add_user(tests::ada, tests::ada_password);
  Browser laptop = server.browser(), phone = server.browser();
  const Page laptop_tokens =
      call(server, routes::token, exchange(tests::query_of(server.code_url(laptop, server.authorization()))["code"]));
  const Page phone_tokens =
      call(server, routes::token, exchange(tests::query_of(server.code_url(phone, server.authorization()))["code"]));
  ASSERT_EQ(phone_tokens.status, 200) << phone_tokens.text;

  const Page account = laptop.get(routes::account);
  EXPECT_EQ(laptop.post(routes::account_sign_out_everywhere, account.form(routes::account_sign_out_everywhere)).status,
            200);
  for (const Page* tokens : {&laptop_tokens, &phone_tokens})
    EXPECT_EQ(call(server, routes::token, refresh(text_of(*tokens, "refresh_token"))).status, 400);
  EXPECT_EQ(phone.get(routes::account).location(), routes::sign_in);
}

}  // namespace
}  // namespace latchkey
