// Rows 41 to 44, 47 to 49, 62 to 64 of the security catalogue: introspection, revocation, userinfo, keys.
#include <gtest/gtest.h>

#include "base/base64url.h"
#include "identity/tokens/id_token.h"
#include "tests/support/oauth_world.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;
using tests::Device;
using tests::Fields;
using tests::Reply;

class Resources : public tests::OAuthWorld {
 protected:
  Reply userinfo(const std::string& token) { return get("/userinfo", {{"Authorization", "Bearer " + token}}); }
  Reply userinfo(const std::string& token, const Device& device, std::string_view nonce = {}) {
    return get("/userinfo", {{"Authorization", "DPoP " + token},
                             {"DPoP", device.prove("GET", userinfo_url, clock_.now(), token, nonce)}});
  }
  // A JWT of our claims with a header of the attacker's choice and the given signature part.
  std::string with_header(const std::string& jwt, std::string_view header, const std::string& signature) {
    const auto first = jwt.find('.');
    const auto second = jwt.find('.', first + 1);
    return to_base64url(as_bytes(header)) + jwt.substr(first, second - first) + "." + signature;
  }
  static std::string signature_of(const std::string& jwt) { return jwt.substr(jwt.rfind('.') + 1); }
};

TEST_F(Resources, userinfo_tells_who_the_token_speaks_for) {
  const auto reply = userinfo(sign_in().text("access_token"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.text("sub"), user_.value());
  EXPECT_EQ(reply.text("preferred_username"), "alice");
}

TEST_F(Resources, userinfo_without_a_token_says_which_schemes_it_takes) {
  const auto reply = get("/userinfo");
  EXPECT_EQ(reply.status, 401);
  EXPECT_FALSE(reply.field("WWW-Authenticate").empty());
  EXPECT_EQ(reply.field("WWW-Authenticate").find("error"), std::string::npos);
}

TEST_F(Resources, userinfo_needs_the_openid_scope) {
  auto narrow = grant();
  narrow.scope = "read";
  const auto reply = userinfo(post("/token", code_fields(code(narrow))).text("access_token"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.text("error"), "insufficient_scope");
}

TEST_F(Resources, an_expired_token_is_refused) {
  const auto token = sign_in().text("access_token");
  EXPECT_TRUE(is_active(token));
  clock_.advance(300s);
  EXPECT_EQ(userinfo(token).status, 401);
  EXPECT_FALSE(is_active(token));
}

TEST_F(Resources, row_36_a_token_in_the_url_is_refused) {
  EXPECT_EQ(get("/userinfo?access_token=" + sign_in().text("access_token")).status, 400);
}

TEST_F(Resources, row_41_other_algorithms_are_refused) {
  const auto token = sign_in().text("access_token");
  for (const char* alg : {"none", "None", "nOnE", "NONE", "HS256", "RS256", "ES384", ""}) {
    const std::string header = std::string("{\"alg\":\"") + alg + "\",\"typ\":\"at+jwt\"}";
    EXPECT_EQ(userinfo(with_header(token, header, "")).status, 401) << alg;
    EXPECT_EQ(userinfo(with_header(token, header, signature_of(token))).status, 401) << alg;
  }
}

TEST_F(Resources, row_42_43_44_unknown_kid_key_headers_crit_and_wrong_typ_are_refused) {
  const auto token = sign_in().text("access_token");
  const auto kid = keys_->current()->keys.front()->jwk.kid();
  for (const std::string& header :
       {std::string(R"({"alg":"ES256","typ":"at+jwt","kid":"../../dev/null"})"),
        R"({"alg":"ES256","typ":"at+jwt","kid":")" + std::string(10240, 'k') + "\"}",
        R"({"alg":"ES256","typ":"at+jwt"})" + std::string(),
        R"({"alg":"ES256","typ":"at+jwt","kid":")" + kid + R"(","jku":"https://evil.example/"})",
        R"({"alg":"ES256","typ":"at+jwt","kid":")" + kid + R"(","crit":["b64"],"b64":false})",
        R"({"alg":"ES256","typ":"JWT","kid":")" + kid + "\"}", R"({"alg":"ES256","kid":")" + kid + "\"}"})
    EXPECT_NE(userinfo(with_header(token, header, signature_of(token))).status, 200) << header.substr(0, 100);
}

TEST_F(Resources, row_44_an_id_token_is_no_access_token_and_the_other_way_round) {
  const auto reply = sign_in();
  EXPECT_EQ(userinfo(reply.text("id_token")).status, 401);
  EXPECT_FALSE(is_active(reply.text("id_token")));
  EXPECT_TRUE(verify_id_token_hint(reply.text("id_token"), issuer, *keys_->current()));
  EXPECT_FALSE(verify_id_token_hint(reply.text("access_token"), issuer, *keys_->current()));
}

TEST_F(Resources, row_45_47_altered_signatures_and_encodings_are_refused) {
  const auto token = sign_in().text("access_token");
  for (const std::string& wrong : {token + "=", token + " ", token.substr(0, token.size() - 2), token + "AA",
                                   token.substr(0, token.rfind('.') + 1) + std::string(86, 'A'),
                                   token.substr(0, token.rfind('.') + 1) + std::string(21'830, 'A')})
    EXPECT_FALSE(is_active(wrong));
}

TEST_F(Resources, row_48_a_bound_token_needs_its_scheme_its_key_and_its_own_proof) {
  const Device owner, thief;
  const auto token = sign_in(owner).text("access_token");
  EXPECT_EQ(userinfo(token).status, 401) << "a bound token sent as Bearer";
  EXPECT_EQ(userinfo(token, thief).status, 401);
  EXPECT_EQ(get("/userinfo", {{"Authorization", "DPoP " + token}}).status, 401) << "no proof";
  const auto proof_for_token = owner.prove("POST", token_url, clock_.now());
  EXPECT_EQ(get("/userinfo", {{"Authorization", "DPoP " + token}, {"DPoP", proof_for_token}}).status, 401);
  const auto no_ath = owner.prove("GET", userinfo_url, clock_.now());
  const auto refused = get("/userinfo", {{"Authorization", "DPoP " + token}, {"DPoP", no_ath}});
  EXPECT_EQ(refused.text("error"), "invalid_dpop_proof");
  EXPECT_TRUE(refused.field("WWW-Authenticate").starts_with("DPoP "));
  EXPECT_EQ(userinfo(token, owner).status, 200);
}

TEST_F(Resources, row_48_a_bearer_token_goes_with_no_proof) {
  const Device device;
  const auto token = sign_in().text("access_token");
  EXPECT_EQ(userinfo(token, device).status, 401) << "DPoP scheme with an unbound token";
  EXPECT_EQ(get("/userinfo", {{"Authorization", "Bearer " + token},
                              {"DPoP", device.prove("GET", userinfo_url, clock_.now(), token)}})
                .status,
            401);
}

TEST_F(Resources, row_48_a_resource_asks_for_its_nonce) {
  const Device device;
  const auto asked =
      post("/token", code_fields(code(grant())), {{"DPoP", device.prove("POST", token_url, clock_.now())}});
  start_service(/*requires_dpop_nonce=*/true);
  const auto token = asked.text("access_token");
  const auto first = userinfo(token, device);
  EXPECT_EQ(first.status, 401);
  EXPECT_NE(first.field("WWW-Authenticate").find("use_dpop_nonce"), std::string::npos);
  EXPECT_EQ(userinfo(token, device, first.field("DPoP-Nonce")).status, 200);
}

TEST_F(Resources, row_49_introspection_and_revocation_work_with_bound_tokens) {
  const Device device;
  const auto reply = sign_in(device);
  const auto told = post("/introspect", {{"token", reply.text("access_token")}}, {basic("gateway", gateway_secret_)});
  EXPECT_EQ(told.text("token_type"), "DPoP");
  EXPECT_NE(told.body.find(device.thumbprint()), std::string::npos);
  EXPECT_EQ(post("/revoke", {{"token", reply.text("refresh_token")}, {"client_id", "app"}}).status, 200);
  EXPECT_FALSE(is_active(reply.text("access_token")));
}

TEST_F(Resources, row_62_everything_is_dead_at_once_after_a_revocation) {
  const auto reply = sign_in();
  ASSERT_TRUE(is_active(reply.text("access_token")));
  EXPECT_EQ(post("/revoke", {{"token", reply.text("refresh_token")}, {"client_id", "app"}}).status, 200);
  EXPECT_EQ(post("/token", refresh_fields(reply.text("refresh_token"))).text("error"), "invalid_grant");
  EXPECT_FALSE(is_active(reply.text("access_token")));
  EXPECT_EQ(userinfo(reply.text("access_token")).status, 401);
}

TEST_F(Resources, row_62_a_revoked_access_token_dies_alone) {
  const auto reply = sign_in();
  EXPECT_EQ(post("/revoke", {{"token", reply.text("access_token")}, {"client_id", "app"}}).status, 200);
  EXPECT_FALSE(is_active(reply.text("access_token")));
  EXPECT_EQ(post("/token", refresh_fields(reply.text("refresh_token"))).status, 200);

  const auto own = post("/token", {{"grant_type", "client_credentials"}}, {basic("service", service_secret_)});
  ASSERT_TRUE(is_active(own.text("access_token")));
  EXPECT_EQ(post("/revoke", {{"token", own.text("access_token")}}, {basic("service", service_secret_)}).status, 200);
  EXPECT_FALSE(is_active(own.text("access_token")));
}

TEST_F(Resources, row_62_disabling_a_user_kills_their_tokens_at_once) {
  const auto reply = sign_in();
  write([&](sql::Transaction& tx) { return tx.execute("UPDATE accounts SET status = 1 WHERE id = $1", user_); });
  EXPECT_FALSE(is_active(reply.text("access_token")));
  EXPECT_EQ(post("/token", refresh_fields(reply.text("refresh_token"))).text("error"), "invalid_grant");
}

TEST_F(Resources, row_62_removing_a_client_kills_its_tokens_at_once) {
  const auto reply = sign_in();
  const Fields bearer{{"Authorization", "Bearer " + reply.text("access_token")}};
  EXPECT_EQ(get("/userinfo", bearer).status, 200);
  const auto elsewhere = *ClientStore::open(*db_, clock_.now());  // `latchkey client remove` is another process
  ASSERT_TRUE(elsewhere->set_enabled(ClientId("app"), false, clock_.now()));
  ASSERT_TRUE(clients_->refresh_if_changed());
  EXPECT_FALSE(is_active(reply.text("access_token")));
  EXPECT_EQ(get("/userinfo", bearer).status, 401);
  EXPECT_EQ(post("/token", refresh_fields(reply.text("refresh_token"))).text("error"), "invalid_client");
}

TEST_F(Resources, row_63_introspection_needs_a_client_with_a_secret) {
  const auto token = sign_in().text("access_token");
  EXPECT_EQ(post("/introspect", {{"token", token}}).status, 401);
  EXPECT_EQ(post("/introspect", {{"token", token}, {"client_id", "app"}}).status, 401);
  EXPECT_EQ(post("/introspect", {{"token", token}}, {basic("gateway", api_secret_)}).status, 401);
}

TEST_F(Resources, row_63_tokens_for_others_and_nonsense_look_the_same) {
  const auto asked = [&](const std::string& token) {
    return post("/introspect", {{"token", token}}, {basic("gateway", gateway_secret_)});
  };
  auto for_api = grant();
  for_api.resource = api;
  const auto token = post("/token", code_fields(code(for_api))).text("access_token");
  EXPECT_EQ(asked(token).body, R"({"active":false})");
  EXPECT_EQ(asked("nonsense").body, R"({"active":false})");
  EXPECT_EQ(asked(std::string(7'000, 'A')).body, R"({"active":false})");
  EXPECT_FALSE(asked(std::string(60'000, 'A')).flag("active"));
  EXPECT_EQ(asked("rt1_" + std::string(62, 'A')).body, R"({"active":false})");
  EXPECT_TRUE(post("/introspect", {{"token", token}}, {basic("api-gateway", api_secret_)}).flag("active"));
}

TEST_F(Resources, row_64_revoking_anothers_token_is_answered_and_changes_nothing) {
  const auto reply = sign_in();
  for (const char* token : {"refresh_token", "access_token"}) {
    EXPECT_EQ(post("/revoke", {{"token", reply.text(token)}, {"client_id", "other-app"}}).status, 200);
    EXPECT_EQ(post("/revoke", {{"token", reply.text(token)}}, {basic("service", service_secret_)}).status, 200);
  }
  EXPECT_EQ(post("/revoke", {{"token", "nonsense"}, {"client_id", "app"}}).status, 200);
  EXPECT_TRUE(is_active(reply.text("access_token")));
  EXPECT_EQ(post("/token", refresh_fields(reply.text("refresh_token"))).status, 200);
}

TEST_F(Resources, the_owner_is_told_of_a_theft) {
  const auto stolen = sign_in().text("refresh_token");
  const auto second = post("/token", refresh_fields(stolen)).text("refresh_token");
  post("/token", refresh_fields(second));
  clock_.advance(121s);
  EXPECT_EQ(post("/token", refresh_fields(stolen)).text("error"), "invalid_grant");
  const auto told = get("/v1/events", {{"Authorization", "Bearer " + sign_in().text("access_token")}});
  EXPECT_EQ(told.status, 200);
  EXPECT_NE(told.body.find("\"reason\":\"reuse\""), std::string::npos) << told.body;
}

TEST_F(Resources, an_access_token_seen_again_is_noted_for_bearer_families) {
  const auto reply = post("/token", refresh_fields(sign_in().text("refresh_token")));
  EXPECT_TRUE(is_active(reply.text("access_token")));
  const auto rows = db_->read([](sql::Transaction& tx) { return tx.query("SELECT seen_gen FROM families"); }).get();
  EXPECT_EQ(*(*rows)[0].get<std::int64_t>(0), 1);
}

TEST_F(Resources, discovery_and_jwks_are_cached_by_their_etag) {
  for (const char* path : {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"}) {
    const auto reply = get(path);
    EXPECT_EQ(reply.status, 200);
    ASSERT_FALSE(reply.field("ETag").empty());
    EXPECT_EQ(get(path, {{"If-None-Match", reply.field("ETag")}}).status, 304);
  }
  EXPECT_EQ(get("/.well-known/openid-configuration").text("issuer"), issuer);
  const auto jwks = protocol::jose::Jwks::parse(get("/jwks").body);
  ASSERT_TRUE(jwks);
  EXPECT_EQ(get("/jwks").body.find("\"d\""), std::string::npos) << "no private member";
}

}  // namespace
}  // namespace latchkey::identity
