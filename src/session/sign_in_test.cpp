// Whole sign-ins against a provider that answers wrongly in one way at a time. Where a test has a counterpart in the
// OpenID Foundation's suite for relying parties, it is named after that (oidcc-client-test-...).
#include "session/sign_in.h"

#include <gtest/gtest.h>

#include "base/base64url.h"

#include "tests/support/fake_provider.h"
#include "tests/support/test_browser.h"

namespace latchkey::session {
namespace {

using testing::FakeProvider;
using testing::ProviderKey;
using testing::TestBrowser;
using Claims = std::map<std::string, std::string>;

class SignIn : public ::testing::Test {
 protected:
  SignIn() { options_.scope = protocol::oauth::Scope::parse("openid offline_access").value(); }

  Result<SessionRecord> run(std::stop_token stop = {}) {
    return sign_in(*client_, *id_tokens_, browser_, clock_, options_, stop);
  }
  Error failure() {
    const auto record = run();
    return record ? Error{Code::internal, "signed in"} : record.error();
  }
  // Runs once more with fresh caches.
  void forget_keys() { id_tokens_ = std::make_unique<IdTokenCheck>(*client_, clock_); }

  ManualClock clock_;
  FakeProvider provider_{clock_};
  std::unique_ptr<OAuthClient> client_ =
      OAuthClient::create("https://id.example.com", "app", provider_, clock_).value();
  std::unique_ptr<IdTokenCheck> id_tokens_ = std::make_unique<IdTokenCheck>(*client_, clock_);
  TestBrowser browser_{[this](const std::string& url) { return provider_.authorize(url); }};
  SignInOptions options_;
};

TEST_F(SignIn, gives_the_tokens_and_who_signed_in) {
  const auto record = run();
  ASSERT_TRUE(record) << to_string(record.error());
  EXPECT_EQ(record->subject, "alice");
  EXPECT_EQ(record->session_id, "sid-1");
  EXPECT_EQ(record->access_token.reveal_text(), "at-1");
  EXPECT_EQ(record->refresh_token->reveal_text(), "rt-1");
  EXPECT_EQ(record->token_type, protocol::oauth::TokenType::dpop);
  EXPECT_TRUE(record->dpop_key);
  EXPECT_EQ(record->expires_at, clock_.now() + std::chrono::seconds(300));
  EXPECT_NE(browser_.page().find("You are signed in"), std::string::npos);
}

TEST_F(SignIn, asks_with_pkce_state_nonce_and_a_key) {
  ASSERT_TRUE(run());
  const auto& request = provider_.last_request();
  EXPECT_EQ(request.code_challenge.size(), 43u);
  EXPECT_EQ(request.state->size(), 43u);
  EXPECT_EQ(request.nonce->size(), 43u);
  EXPECT_EQ(request.dpop_jkt->size(), 43u);
  EXPECT_TRUE(request.redirect_uri->starts_with("http://127.0.0.1:"));
}

TEST_F(SignIn, makes_up_everything_anew_each_time) {
  ASSERT_TRUE(run());
  const auto first = provider_.last_request();
  ASSERT_TRUE(run());
  const auto second = provider_.last_request();
  EXPECT_NE(first.state, second.state);
  EXPECT_NE(first.nonce, second.nonce);
  EXPECT_NE(first.code_challenge, second.code_challenge);
  EXPECT_NE(first.dpop_jkt, second.dpop_jkt);
}

TEST_F(SignIn, works_with_bearer_tokens_where_the_issuer_has_no_dpop) {
  provider_.has_dpop = false;
  const auto record = run();
  ASSERT_TRUE(record) << to_string(record.error());
  EXPECT_EQ(record->token_type, protocol::oauth::TokenType::bearer);
  EXPECT_FALSE(record->dpop_key);
}

TEST_F(SignIn, repeats_the_token_request_with_the_servers_nonce) {
  provider_.required_nonce = "n-1";
  ASSERT_TRUE(run());
  EXPECT_EQ(provider_.proof_nonces, (std::vector<std::string>{"", "n-1"}));
}

TEST_F(SignIn, refuses_a_bearer_token_in_answer_to_a_proof) {
  provider_.edit_tokens = [](auto& tokens) { tokens.token_type = protocol::oauth::TokenType::bearer; };
  EXPECT_EQ(failure().code, Code::protocol_violation);
}

// --- the redirect ---

TEST_F(SignIn, another_state_is_refused_and_no_code_is_redeemed) {
  provider_.edit_redirect = [](auto& response) { response.state = "somebody-elses"; };
  EXPECT_EQ(failure().code, Code::state_mismatch);
  EXPECT_EQ(provider_.calls_of("/token"), 0);
  EXPECT_NE(browser_.page().find("did not succeed"), std::string::npos);
}

TEST_F(SignIn, a_missing_state_is_refused) {
  provider_.edit_redirect = [](auto& response) { response.state.reset(); };
  EXPECT_EQ(failure().code, Code::state_mismatch);
  EXPECT_EQ(provider_.calls_of("/token"), 0);
}

TEST_F(SignIn, an_answer_of_another_issuer_is_refused) {  // mix-up, RFC 9207
  provider_.edit_redirect = [](auto& response) { response.issuer = "https://evil.example.com"; };
  EXPECT_EQ(failure().code, Code::issuer_mismatch);
  EXPECT_EQ(provider_.calls_of("/token"), 0);
}

TEST_F(SignIn, an_answer_without_its_promised_issuer_is_refused) {
  provider_.names_issuer_in_redirect = false;
  EXPECT_EQ(failure().code, Code::issuer_mismatch);
  EXPECT_EQ(provider_.calls_of("/token"), 0);
}

TEST_F(SignIn, an_issuer_that_never_promised_iss_may_leave_it_out) {
  provider_.metadata.authorization_response_iss_parameter_supported = false;
  provider_.names_issuer_in_redirect = false;
  EXPECT_TRUE(run());
}

TEST_F(SignIn, the_users_refusal_comes_back_as_such) {
  provider_.edit_redirect = [](auto& response) { response.result = Error{Code::access_denied, {}}; };
  EXPECT_EQ(failure().code, Code::access_denied);
  EXPECT_EQ(provider_.calls_of("/token"), 0);
}

TEST_F(SignIn, an_error_of_another_issuer_is_refused_as_well) {
  provider_.edit_redirect = [](auto& response) {
    response.result = Error{Code::access_denied, {}};
    response.issuer = "https://evil.example.com";
  };
  EXPECT_EQ(failure().code, Code::issuer_mismatch);
}

TEST_F(SignIn, nobody_coming_back_times_out) {
  TestBrowser closed([](const std::string&) { return std::string(); });
  options_.timeout = std::chrono::milliseconds(20);
  const auto record = sign_in(*client_, *id_tokens_, closed, clock_, options_, {});
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Code::sign_in_timeout);
}

TEST_F(SignIn, can_be_cancelled_while_the_user_is_in_the_browser) {
  std::stop_source stop;
  TestBrowser slow([&](const std::string&) {
    stop.request_stop();
    return std::string();
  });
  const auto record = sign_in(*client_, *id_tokens_, slow, clock_, options_, stop.get_token());
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Code::cancelled);
}

// --- discovery ---

TEST_F(SignIn, metadata_of_another_issuer_is_refused) {
  provider_.instead = [](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (!request.url.ends_with("openid-configuration")) return std::nullopt;
    return FakeProvider::json(200, print_metadata(protocol::oauth::metadata_of_latchkey("https://evil.example.com")));
  };
  EXPECT_EQ(failure().code, Code::issuer_mismatch);
  EXPECT_EQ(browser_.opened_url(), "");
}

TEST_F(SignIn, an_issuer_without_s256_is_refused) {
  provider_.metadata.code_challenge_methods_supported = {"plain"};
  EXPECT_EQ(failure().code, Code::unsupported);
}

TEST_F(SignIn, a_redirected_discovery_is_not_followed) {
  provider_.instead = [](const http::Request&) -> std::optional<Result<http::Response>> {
    return http::redirect_response("https://evil.example.com/.well-known/openid-configuration", 302);
  };
  EXPECT_EQ(failure().code, Code::protocol_violation);
}

// --- the ID token ---

TEST_F(SignIn, oidcc_invalid_iss) {
  provider_.edit_claims = [](Claims& claims) { claims["iss"] = "\"https://evil.example.com\""; };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_invalid_aud) {
  provider_.edit_claims = [](Claims& claims) { claims["aud"] = "\"another-app\""; };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_missing_iat) {
  provider_.edit_claims = [](Claims& claims) { claims.erase("iat"); };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_missing_sub) {
  provider_.edit_claims = [](Claims& claims) { claims.erase("sub"); };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_nonce_invalid) {
  provider_.edit_claims = [](Claims& claims) { claims["nonce"] = "\"of-another-sign-in\""; };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, a_missing_nonce_is_refused) {
  provider_.edit_claims = [](Claims& claims) { claims.erase("nonce"); };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_invalid_sig_es256) {
  provider_.signing_key = std::make_shared<ProviderKey>("key-1");  // another key under the published id
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_invalid_sig_rs256) {
  provider_.keys = {std::make_shared<ProviderKey>("key-1", protocol::jose::Algorithm::rs256)};
  EXPECT_TRUE(run());
  provider_.edit_id_token = [](std::string token) {
    token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
    return token;
  };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_idtoken_sig_none) {
  for (const char* alg : {"none", "None", "NONE", "nOnE"}) {
    provider_.edit_id_token = [alg](const std::string& token) {
      const std::string header = "{\"alg\":\"" + std::string(alg) + "\"}";
      const auto payload = token.find('.') + 1;
      return to_base64url(as_bytes(header)) + "." + token.substr(payload, token.rfind('.') - payload) + ".";
    };
    EXPECT_EQ(failure().code, Code::id_token_invalid) << alg;
  }
}

TEST_F(SignIn, an_id_token_signed_with_the_public_key_as_hmac_secret_is_refused) {
  provider_.edit_id_token = [](const std::string& token) {
    const auto payload = token.find('.') + 1;
    return to_base64url(as_bytes(R"({"alg":"HS256","kid":"key-1"})")) + "." +
           token.substr(payload, token.rfind('.') - payload) + "." + std::string(43, 'A');
  };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_kid_absent_single_jwks) {
  provider_.kid_in_header = "";
  EXPECT_TRUE(run());
}

TEST_F(SignIn, oidcc_kid_absent_multiple_jwks) {
  provider_.keys.push_back(std::make_shared<ProviderKey>("key-2"));
  provider_.kid_in_header = "";
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, oidcc_signing_key_rotation) {
  ASSERT_TRUE(run());
  provider_.keys.push_back(std::make_shared<ProviderKey>("key-2"));
  clock_.advance(std::chrono::minutes(2));
  EXPECT_TRUE(run());
  EXPECT_EQ(provider_.calls_of("/jwks"), 2);
}

TEST_F(SignIn, invented_key_ids_make_us_fetch_the_keys_once_a_minute_at_most) {
  ASSERT_TRUE(run());
  provider_.kid_in_header = "invented";
  clock_.advance(std::chrono::minutes(2));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(failure().code, Code::id_token_invalid);
  EXPECT_EQ(provider_.calls_of("/jwks"), 2);
}

TEST_F(SignIn, an_expired_id_token_is_refused) {
  provider_.edit_claims = [this](Claims& claims) {
    claims["exp"] = std::to_string(to_unix_seconds(clock_.now()) - 31);
  };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, an_id_token_of_the_future_is_refused) {
  provider_.edit_claims = [this](Claims& claims) {
    claims["iat"] = std::to_string(to_unix_seconds(clock_.now()) + 120);
  };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, a_claim_of_the_wrong_type_is_refused) {
  provider_.edit_claims = [](Claims& claims) { claims["exp"] = "\"2100-01-01\""; };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, another_authorized_party_is_refused) {
  provider_.edit_claims = [](Claims& claims) { claims["azp"] = "\"another-app\""; };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, several_audiences_need_us_as_the_authorized_party) {
  provider_.edit_claims = [](Claims& claims) { claims["aud"] = R"(["app","another-app"])"; };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
  provider_.edit_claims = [](Claims& claims) {
    claims["aud"] = R"(["app","another-app"])";
    claims["azp"] = "\"app\"";
  };
  EXPECT_TRUE(run());
}

TEST_F(SignIn, an_access_token_of_another_answer_is_refused) {  // at_hash
  provider_.edit_tokens = [](auto& tokens) {
    tokens.access_token = protocol::oauth::AccessToken::copy_of(std::string_view("at-of-the-attacker"));
  };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, an_id_token_left_out_is_refused) {
  provider_.edit_tokens = [](auto& tokens) { tokens.id_token.reset(); };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, a_sign_in_older_than_asked_for_is_refused) {
  options_.max_age = std::chrono::seconds(60);
  EXPECT_TRUE(run());
  provider_.edit_claims = [this](Claims& claims) {
    claims["auth_time"] = std::to_string(to_unix_seconds(clock_.now()) - 200);
  };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
  provider_.edit_claims = [](Claims& claims) { claims.erase("auth_time"); };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

TEST_F(SignIn, an_access_token_as_id_token_is_refused) {
  provider_.edit_id_token = [this](const std::string& token) {
    const auto payload_at = token.find('.') + 1;
    const auto payload = parse_base64url(token.substr(payload_at, token.rfind('.') - payload_at)).value();
    const protocol::jose::JwsSigner signer(provider_.keys.back()->key, {.typ = "at+jwt", .kid = "key-1"});
    return std::string(signer.sign(as_text(payload)).value());
  };
  EXPECT_EQ(failure().code, Code::id_token_invalid);
}

// --- userinfo ---

TEST_F(SignIn, oidcc_userinfo_invalid_sub) {
  const auto record = run();
  ASSERT_TRUE(record);
  const auto key = DpopKey::from_pkcs8(*record->dpop_key, clock_);
  ASSERT_TRUE(client_->userinfo(*record, key->get(), {}));
  provider_.user = "mallory";
  const auto userinfo = client_->userinfo(*record, key->get(), {});
  ASSERT_FALSE(userinfo);
  EXPECT_EQ(userinfo.error().code, Code::invalid_token);
}

}  // namespace
}  // namespace latchkey::session
