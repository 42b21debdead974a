// Rows 22 to 25, 35 to 38, 48 of the security catalogue, at the token endpoint.
#include <gtest/gtest.h>

#include <thread>

#include "base/base64url.h"
#include "protocol/oauth/id_token.h"
#include "tests/support/oauth_world.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;
using tests::Device;
using tests::Fields;

class TokenEndpoint : public tests::OAuthWorld {
 protected:
  Fields without(Fields fields, std::string_view name) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    return fields;
  }
  Fields with(Fields fields, const std::string& name, const std::string& value) {
    fields = without(std::move(fields), name);
    fields.emplace_back(name, value);
    return fields;
  }
  Fields proof(const Device& device, std::string_view nonce = {}) {
    return {{"DPoP", device.prove("POST", token_url, clock_.now(), {}, nonce)}};
  }
};

TEST_F(TokenEndpoint, a_code_gives_access_refresh_and_id_token) {
  const auto reply = sign_in();
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.text("token_type"), "Bearer");
  EXPECT_TRUE(reply.text("refresh_token").starts_with("rt1_"));
  EXPECT_FALSE(reply.text("id_token").empty());
  EXPECT_EQ(reply.field("Cache-Control"), "no-store");
  const auto object = reply.json();
  EXPECT_EQ(object.find("expires_in")->to_integer(), 300);
  EXPECT_EQ(object.find("refresh_token_expires_in")->to_integer(), 30 * 24 * 3600);
  EXPECT_EQ(object.find("authorization_expires_in")->to_integer(), 180 * 24 * 3600);
  const auto claims = verify_access_token(reply.text("access_token"), issuer, *keys_->current(), clock_.now());
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->audience, issuer);
  EXPECT_EQ(claims->subject, user_.value());
  EXPECT_EQ(claims->session_id, "sid-1");
  EXPECT_EQ(claims->generation, 0);
}

TEST_F(TokenEndpoint, the_resource_asked_for_is_the_audience) {
  auto with_resource = grant();
  with_resource.resource = api;
  const auto reply = post("/token", code_fields(code(with_resource)));
  const auto claims = verify_access_token(reply.text("access_token"), issuer, *keys_->current(), clock_.now());
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->audience, api);
  EXPECT_EQ(get("/userinfo", {{"Authorization", "Bearer " + reply.text("access_token")}}).status, 401);
}

TEST_F(TokenEndpoint, row_22_a_code_used_twice_ends_the_family) {
  const auto text = code(grant());
  const auto first = post("/token", code_fields(text));
  ASSERT_EQ(first.status, 200);
  const auto second = post("/token", code_fields(text));
  EXPECT_EQ(second.status, 400);
  EXPECT_EQ(second.text("error"), "invalid_grant");
  EXPECT_EQ(post("/token", refresh_fields(first.text("refresh_token"))).text("error"), "invalid_grant");
  EXPECT_FALSE(is_active(first.text("access_token")));
}

TEST_F(TokenEndpoint, row_22_sixteen_parallel_uses_of_a_code_give_one_session_at_most) {
  const auto text = code(grant());
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&] { good += post("/token", code_fields(text)).status == 200 ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 1);
}

TEST_F(TokenEndpoint, row_23_a_code_of_another_client_redirect_uri_or_time_is_refused) {
  const auto text = code(grant());
  EXPECT_EQ(post("/token", code_fields(text, "other-app")).text("error"), "invalid_grant");
  EXPECT_EQ(post("/token", with(code_fields(text), "redirect_uri", "http://127.0.0.1/other")).text("error"),
            "invalid_grant");
  EXPECT_EQ(post("/token", without(code_fields(text), "redirect_uri")).text("error"), "invalid_grant");
  EXPECT_EQ(post("/token", code_fields("no-such-code")).text("error"), "invalid_grant");
  clock_.advance(60s);
  EXPECT_EQ(post("/token", code_fields(text)).text("error"), "invalid_grant");
}

TEST_F(TokenEndpoint, a_redirect_uri_that_was_left_out_is_left_out_again) {
  auto without_uri = grant();
  without_uri.redirect_uri = "";
  EXPECT_EQ(post("/token", code_fields(code(without_uri))).text("error"), "invalid_grant") << "another than was sent";
  EXPECT_EQ(post("/token", without(code_fields(code(without_uri)), "redirect_uri")).status, 200);
}

TEST_F(TokenEndpoint, row_23_a_code_is_dead_after_signing_out) {
  const auto text = code(grant());
  write([&](sql::Transaction& tx) {
    return revoke_families_of_session(tx, SessionId("sid-1"), RevocationReason::signed_out, clock_.now());
  });
  EXPECT_EQ(post("/token", code_fields(text)).text("error"), "invalid_grant");
}

TEST_F(TokenEndpoint, row_24_the_verifier_must_be_there_and_fit) {
  const auto text = code(grant());
  for (const std::string& wrong : {std::string(43, 'a'), std::string(42, 'a'), std::string(129, 'a')}) {
    const auto reply = post("/token", with(code_fields(text), "code_verifier", wrong));
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.text("error"), "invalid_grant") << wrong.size();
  }
  EXPECT_EQ(post("/token", without(code_fields(text), "code_verifier")).text("error"), "invalid_grant");
  EXPECT_EQ(post("/token", code_fields(text)).status, 200) << "failed attempts do not use the code up";
}

TEST_F(TokenEndpoint, row_25_a_code_bound_to_a_key_needs_that_key) {
  const Device owner, thief;
  auto bound = grant();
  bound.key_thumbprint = owner.thumbprint();
  const auto text = code(bound);
  EXPECT_EQ(post("/token", code_fields(text), proof(thief)).text("error"), "invalid_grant");
  EXPECT_EQ(post("/token", code_fields(text)).text("error"), "invalid_dpop_proof");
  const auto reply = post("/token", code_fields(text), proof(owner));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.text("token_type"), "DPoP");
}

TEST_F(TokenEndpoint, a_refresh_rotates_and_a_lost_answer_is_repeated) {
  const auto first = sign_in().text("refresh_token");
  const auto second = post("/token", refresh_fields(first));
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_NE(second.text("refresh_token"), first);
  const auto again = post("/token", refresh_fields(first));
  EXPECT_EQ(again.text("refresh_token"), second.text("refresh_token"));
  EXPECT_NE(again.text("access_token"), second.text("access_token"));
}

TEST_F(TokenEndpoint, a_bound_session_refreshes_with_its_key_alone) {
  const Device owner, thief;
  const auto token = sign_in(owner).text("refresh_token");
  EXPECT_EQ(post("/token", refresh_fields(token), proof(thief)).text("error"), "invalid_grant");
  EXPECT_EQ(post("/token", refresh_fields(token)).text("error"), "invalid_dpop_proof");
  const auto reply = post("/token", refresh_fields(token), proof(owner));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.text("refresh_token"), token);
}

TEST_F(TokenEndpoint, row_35_scope_resource_and_client_of_a_refresh_are_held) {
  const auto token = sign_in().text("refresh_token");
  EXPECT_EQ(post("/token", with(refresh_fields(token), "scope", "openid write")).text("error"), "invalid_scope");
  EXPECT_EQ(post("/token", with(refresh_fields(token), "resource", api)).text("error"), "invalid_target");
  EXPECT_EQ(post("/token", refresh_fields(token, "other-app")).text("error"), "invalid_grant");
  const auto stolen = post("/token", with(refresh_fields(token), "client_secret", service_secret_));
  EXPECT_EQ(stolen.status, 401) << "a public client with the secret of another";
  EXPECT_EQ(post("/token", with(refresh_fields(token), "scope", "read")).text("scope"), "read");
}

TEST_F(TokenEndpoint, row_36_parameters_in_the_url_are_refused) {
  const auto reply = post("/token?client_id=app", refresh_fields("rt1_x"));
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.text("error"), "invalid_request");
}

TEST_F(TokenEndpoint, row_37_other_methods_and_content_types_are_refused) {
  EXPECT_EQ(get("/token").status, 405);
  for (const char* type : {"application/json", "text/plain", "application/x-www-form-urlencoded; charset=utf-16",
                           "application/x-www-form-urlencoded, application/json", ""}) {
    http::Request request;
    request.method = http::Method::post;
    request.url = token_url;
    request.headers.add("Content-Type", type);
    request.body = "{}";
    const auto reply = send(request);
    EXPECT_EQ(reply.status, 400) << type;
    EXPECT_EQ(reply.text("error"), "invalid_request") << type;
  }
}

TEST_F(TokenEndpoint, row_37_a_repeated_parameter_is_refused) {
  auto fields = refresh_fields(sign_in().text("refresh_token"));
  fields.emplace_back("client_id", "other-app");
  EXPECT_EQ(post("/token", fields).text("error"), "invalid_request");
}

TEST_F(TokenEndpoint, row_37_answers_are_never_cached_and_say_how_to_authenticate) {
  for (const auto& reply : {sign_in(), post("/token", refresh_fields("rt1_x")), post("/introspect", {{"token", "x"}})})
    EXPECT_EQ(reply.field("Cache-Control"), "no-store") << reply.status;
  const auto reply = post("/token", {{"grant_type", "client_credentials"}}, {basic("service", "wrong")});
  EXPECT_EQ(reply.status, 401);
  EXPECT_TRUE(reply.field("WWW-Authenticate").starts_with("Basic ")) << "RFC 6749 section 5.2";
}

TEST_F(TokenEndpoint, access_and_id_tokens_have_the_claims_clients_rely_on) {
  const auto reply = sign_in();
  const auto claims_of = [](std::string_view jwt) {
    const auto begin = jwt.find('.') + 1;
    return *protocol::json::parse(as_text(*parse_base64url(jwt.substr(begin, jwt.rfind('.') - begin))));
  };
  const auto access = claims_of(reply.text("access_token")), id = claims_of(reply.text("id_token"));
  for (const char* name : {"iss", "sub", "aud", "client_id", "jti", "iat", "exp", "scope", "sid", "auth_time", "gen"})
    EXPECT_NE(access.find(name), nullptr) << "RFC 9068 section 2.2: " << name;
  for (const char* name : {"iss", "sub", "aud", "iat", "exp", "auth_time", "nonce", "sid", "at_hash"})
    EXPECT_NE(id.find(name), nullptr) << name;
  EXPECT_EQ(*id.find("at_hash")->to_string(), protocol::oauth::at_hash_of(reply.text("access_token")));
  EXPECT_EQ(*id.find("nonce")->to_string(), "nonce-1");
  EXPECT_EQ(*id.find("aud")->to_string(), "app");
}

TEST_F(TokenEndpoint, row_38_clients_must_authenticate_in_exactly_one_way) {
  const Fields credentials{{"grant_type", "client_credentials"}};
  EXPECT_EQ(post("/token", credentials, {basic("service", service_secret_)}).status, 200);
  EXPECT_EQ(post("/token", with(with(credentials, "client_id", "service"), "client_secret", service_secret_)).status,
            200);
  const auto both =
      post("/token", with(credentials, "client_secret", service_secret_), {basic("service", service_secret_)});
  EXPECT_NE(both.status, 200);
  const auto wrong = post("/token", credentials, {basic("service", gateway_secret_)});
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.text("error"), "invalid_client");
  EXPECT_TRUE(wrong.field("WWW-Authenticate").starts_with("Basic"));
  const auto nobody = post("/token", credentials, {basic("nobody", service_secret_)});
  EXPECT_EQ(nobody.body, wrong.body) << "an unknown client looks like a wrong secret";
  EXPECT_EQ(post("/token", with(credentials, "client_id", "service")).status, 401)
      << "`none` for a confidential client";
}

TEST_F(TokenEndpoint, client_credentials_are_held_to_scope_resource_and_grant) {
  const Fields credentials{{"grant_type", "client_credentials"}};
  const auto auth = basic("service", service_secret_);
  EXPECT_EQ(post("/token", credentials, {auth}).text("scope"), "read write");
  EXPECT_EQ(post("/token", credentials, {auth}).text("refresh_token"), "");
  EXPECT_EQ(post("/token", with(credentials, "scope", "admin"), {auth}).text("error"), "invalid_scope");
  EXPECT_EQ(post("/token", with(credentials, "resource", "https://x.example"), {auth}).text("error"), "invalid_target");
  EXPECT_EQ(post("/token", with(credentials, "client_id", "app")).text("error"), "unauthorized_client");
  EXPECT_EQ(post("/token", {{"grant_type", "password"}}, {auth}).text("error"), "unsupported_grant_type");
}

TEST_F(TokenEndpoint, a_disabled_client_gets_nothing) {
  ASSERT_TRUE(clients_->set_enabled(ClientId("service"), false, clock_.now()));
  EXPECT_EQ(post("/token", {{"grant_type", "client_credentials"}}, {basic("service", service_secret_)}).status, 401);
}

TEST_F(TokenEndpoint, row_48_a_proof_is_good_once) {
  const Device device;
  const auto one_proof = proof(device);
  EXPECT_EQ(post("/token", code_fields(code(grant())), one_proof).status, 200);
  const auto reply = post("/token", code_fields(code(grant())), one_proof);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.text("error"), "invalid_dpop_proof");
}

TEST_F(TokenEndpoint, row_48_a_proof_from_before_a_restart_is_refused) {
  const Device device;
  const auto before = proof(device);
  EXPECT_EQ(post("/token", code_fields(code(grant())), before).status, 200);
  start_service();
  const auto reply = post("/token", code_fields(code(grant())), before);
  EXPECT_EQ(reply.text("error"), "use_dpop_nonce");
  EXPECT_EQ(post("/token", code_fields(code(grant())), proof(device, reply.field("DPoP-Nonce"))).status, 200);
}

TEST_F(TokenEndpoint, row_48_wrong_method_url_time_and_number_of_proofs_are_refused) {
  const Device device;
  const Instant now = clock_.now();
  for (const std::string& wrong : {device.prove("GET", token_url, now), device.prove("POST", userinfo_url, now),
                                   device.prove("POST", "https://id.example:8443/token", now),
                                   device.prove("POST", token_url, now + 61s), std::string("not a proof")})
    EXPECT_EQ(post("/token", code_fields(code(grant())), {{"DPoP", wrong}}).text("error"), "invalid_dpop_proof");
  const Fields two{{"DPoP", device.prove("POST", token_url, now)}, {"DPoP", device.prove("POST", token_url, now)}};
  EXPECT_EQ(post("/token", code_fields(code(grant())), two).text("error"), "invalid_dpop_proof");
  const auto old = device.prove("POST", token_url, now);
  clock_.advance(120s);
  EXPECT_EQ(post("/token", code_fields(code(grant())), {{"DPoP", old}}).text("error"), "invalid_dpop_proof");
}

TEST_F(TokenEndpoint, row_48_required_nonces_are_asked_for_expire_and_cannot_be_made_up) {
  start_service(/*requires_dpop_nonce=*/true);
  const Device device;
  const auto first = post("/token", code_fields(code(grant())), proof(device));
  EXPECT_EQ(first.status, 400);
  EXPECT_EQ(first.text("error"), "use_dpop_nonce");
  const auto nonce = first.field("DPoP-Nonce");
  const auto good = post("/token", code_fields(code(grant())), proof(device, nonce));
  EXPECT_EQ(good.status, 200);
  EXPECT_FALSE(good.field("DPoP-Nonce").empty());
  clock_.advance(301s);
  EXPECT_EQ(post("/token", code_fields(code(grant())), proof(device, nonce)).text("error"), "use_dpop_nonce");
  EXPECT_EQ(post("/token", code_fields(code(grant())), proof(device, "made-up")).text("error"), "use_dpop_nonce");
}

TEST_F(TokenEndpoint, a_client_that_must_send_proofs_gets_nothing_without) {
  auto bound = grant();
  bound.client = ClientId("bound-app");
  EXPECT_EQ(post("/token", code_fields(code(bound), "bound-app")).text("error"), "invalid_dpop_proof");
}

TEST_F(TokenEndpoint, a_database_that_is_stopping_never_says_invalid_grant) {
  const auto token = sign_in().text("refresh_token");
  db_->stop();
  const auto reply = post("/token", refresh_fields(token));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.text("error"), "temporarily_unavailable");
  EXPECT_FALSE(reply.field("Retry-After").empty());
}

}  // namespace
}  // namespace latchkey::identity
