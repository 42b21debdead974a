#include "session/authorized_client.h"

#include <gtest/gtest.h>

#include "tests/support/fake_provider.h"
#include "tests/support/test_browser.h"

namespace latchkey::session {
namespace {

using namespace std::chrono_literals;

// The app's API, and any other server.
class Api final : public http::Client {
 public:
  using Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    authorizations.emplace_back(request.headers.find("authorization").value_or(""));
    proofs.emplace_back(request.headers.find("dpop").value_or(""));
    return answer(authorizations.back());
  }
  std::function<http::Response(const std::string&)> answer = [](const std::string&) {
    return http::empty_response(200);
  };
  std::vector<std::string> authorizations, proofs;
};

http::Response refusal(const char* error) {
  http::Response response = http::empty_response(401);
  response.headers.add("WWW-Authenticate", "DPoP error=\"" + std::string(error) + "\"");
  return response;
}

class AuthorizedClientTest : public ::testing::Test {
 protected:
  AuthorizedClientTest() {
    options_.scope = protocol::oauth::Scope::parse("openid offline_access").value();
    EXPECT_TRUE(session_->sign_in(browser_, options_));
  }
  Result<http::Response> get(const std::string& url) {
    http::Request request;
    request.url = url;
    return client_.send(request);
  }

  ManualClock clock_;
  testing::FakeProvider provider_{clock_};
  MemoryTokenStore store_;
  NoRefreshLock lock_;
  testing::TestBrowser browser_{[this](const std::string& url) { return provider_.authorize(url); }};
  SignInOptions options_;
  std::unique_ptr<Session> session_ =
      Session::create({"https://id.example.com", "app"}, {provider_, store_, lock_, clock_}).value();
  Api api_;
  AuthorizedClient client_{*session_, api_, {"https://api.example.com"}};
};

TEST_F(AuthorizedClientTest, adds_the_token_and_a_proof_bound_to_it) {
  ASSERT_TRUE(get("https://api.example.com/things?x=1"));
  EXPECT_EQ(api_.authorizations[0], "DPoP at-1");
  EXPECT_TRUE(protocol::oauth::verify_dpop_proof(
      api_.proofs[0], {.method = "GET", .url = "https://api.example.com/things", .access_token = "at-1"}, clock_.now(),
      nullptr));
}

TEST_F(AuthorizedClientTest, other_origins_get_no_token) {
  for (const char* url : {"https://cdn.example.com/x", "https://api.example.com.evil.test/", "http://api.example.com/",
                          "https://api.example.com:8443/", "https://api.example.com@evil.test/"})
    ASSERT_TRUE(get(url));
  for (const auto& authorization : api_.authorizations) EXPECT_EQ(authorization, "");
  for (const auto& proof : api_.proofs) EXPECT_EQ(proof, "");
}

TEST_F(AuthorizedClientTest, a_refused_token_is_renewed_and_tried_once_more) {
  api_.answer = [](const std::string& authorization) {
    return authorization == "DPoP at-1" ? refusal("invalid_token") : http::empty_response(200);
  };
  EXPECT_EQ(get("https://api.example.com/")->status, 200);
  EXPECT_EQ(api_.authorizations, (std::vector<std::string>{"DPoP at-1", "DPoP at-2"}));
}

TEST_F(AuthorizedClientTest, a_second_refusal_is_the_answer) {
  api_.answer = [](const std::string&) { return refusal("invalid_token"); };
  EXPECT_EQ(get("https://api.example.com/")->status, 401);
  EXPECT_EQ(api_.authorizations.size(), 2u);
}

TEST_F(AuthorizedClientTest, a_refusal_that_another_token_cannot_help_is_not_repeated) {
  api_.answer = [](const std::string&) { return refusal("insufficient_user_authentication"); };
  EXPECT_EQ(get("https://api.example.com/")->status, 401);
  EXPECT_EQ(api_.authorizations.size(), 1u);
}

TEST_F(AuthorizedClientTest, a_caller_with_credentials_of_its_own_is_refused) {
  http::Request request;
  request.url = "https://api.example.com/";
  request.headers.add("Authorization", "Bearer mine");
  EXPECT_EQ(client_.send(request).error().code, Code::invalid_argument);
}

TEST_F(AuthorizedClientTest, without_a_session_nothing_is_sent) {
  ASSERT_TRUE(session_->sign_out());
  EXPECT_EQ(get("https://api.example.com/").error().code, Code::not_signed_in);
  EXPECT_TRUE(api_.authorizations.empty());
}

}  // namespace
}  // namespace latchkey::session
