#include "session/dpop_key.h"

#include <gtest/gtest.h>

#include "protocol/oauth/token_response.h"

namespace latchkey::session {
namespace {

// Answers with what the test says and keeps the proofs it was sent.
class Recorder final : public http::Client {
 public:
  using Client::send;
  Result<http::Response> send(const http::Request& request, std::stop_token) override {
    proofs.emplace_back(request.headers.find("dpop").value_or(""));
    EXPECT_EQ(request.headers.count("dpop"), 1u);
    return answer(request);
  }
  Result<http::Response> send_renewable(const http::Request& request, const http::Renewal& renew,
                                        std::stop_token stop) override {
    renewed = request.headers;
    EXPECT_TRUE(renew(renewed));
    return send(request, std::move(stop));
  }
  http::Headers renewed;
  std::function<Result<http::Response>(const http::Request&)> answer = [](const http::Request&) {
    return http::empty_response(200);
  };
  std::vector<std::string> proofs;
};

class DpopKeyTest : public ::testing::Test {
 protected:
  protocol::oauth::DpopProof read(const std::string& proof, std::optional<std::string_view> token = std::nullopt,
                                  const std::string& url = "https://api.example.com/x") {
    const auto checked = protocol::oauth::verify_dpop_proof(proof, {.method = "GET", .url = url, .access_token = token},
                                                            clock_.now(), nullptr);
    EXPECT_TRUE(checked) << to_string(checked.error());
    return checked.value();
  }
  http::Request request(std::string url = "https://api.example.com/x") {
    http::Request request;
    request.url = std::move(url);
    return request;
  }
  static http::Response challenge(int status, const std::string& nonce) {
    http::Response response =
        status == 400 ? http::json_response(400, R"({"error":"use_dpop_nonce"})") : http::empty_response(401);
    if (status == 401) response.headers.add("WWW-Authenticate", R"(DPoP error="use_dpop_nonce", algs="ES256")");
    response.headers.add("DPoP-Nonce", nonce);
    return response;
  }

  ManualClock clock_;
  Recorder server_;
  std::unique_ptr<DpopKey> key_ = DpopKey::generate(clock_).value();
};

TEST_F(DpopKeyTest, a_proof_names_the_request_and_the_key) {
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  EXPECT_EQ(read(server_.proofs[0]).thumbprint, key_->thumbprint());
}

TEST_F(DpopKeyTest, every_proof_is_new) {
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  EXPECT_NE(read(server_.proofs[0]).jti, read(server_.proofs[1]).jti);
}

TEST_F(DpopKeyTest, a_request_that_goes_out_again_takes_a_new_proof) {
  ASSERT_TRUE(key_->send(server_, request(), "at-1", {}));
  EXPECT_EQ(server_.renewed.count("dpop"), 1u);
  const std::string again(server_.renewed.find("dpop").value_or(""));
  EXPECT_NE(read(server_.proofs[0], "at-1").jti, read(again, "at-1").jti);
}

TEST_F(DpopKeyTest, a_proof_for_a_resource_is_bound_to_the_token) {
  ASSERT_TRUE(key_->send(server_, request(), "at-1", {}));
  read(server_.proofs[0], "at-1");
}

TEST_F(DpopKeyTest, the_wanted_nonce_is_brought_in_a_second_request) {
  for (const int status : {400, 401}) {
    key_ = DpopKey::generate(clock_).value();
    server_.proofs.clear();
    server_.answer = [&](const http::Request&) -> Result<http::Response> {
      return server_.proofs.size() == 1 ? challenge(status, "n-1") : http::empty_response(200);
    };
    EXPECT_EQ(key_->send(server_, request(), std::nullopt, {})->status, 200);
    ASSERT_EQ(server_.proofs.size(), 2u);
    EXPECT_FALSE(read(server_.proofs[0]).nonce);
    EXPECT_EQ(read(server_.proofs[1]).nonce, "n-1");
    EXPECT_NE(read(server_.proofs[0]).jti, read(server_.proofs[1]).jti);
  }
}

TEST_F(DpopKeyTest, a_second_refusal_is_the_answer) {
  server_.answer = [](const http::Request&) { return challenge(401, "n"); };
  EXPECT_EQ(key_->send(server_, request(), std::nullopt, {})->status, 401);
  EXPECT_EQ(server_.proofs.size(), 2u);
}

TEST_F(DpopKeyTest, a_refusal_for_another_reason_is_not_repeated) {
  server_.answer = [](const http::Request&) {
    http::Response response = http::empty_response(401);
    response.headers.add("WWW-Authenticate", R"(DPoP error="invalid_token")");
    response.headers.add("DPoP-Nonce", "n-1");
    return response;
  };
  EXPECT_EQ(key_->send(server_, request(), std::nullopt, {})->status, 401);
  EXPECT_EQ(server_.proofs.size(), 1u);
}

TEST_F(DpopKeyTest, a_nonce_from_a_good_answer_is_used_next) {
  server_.answer = [](const http::Request&) {
    http::Response response = http::empty_response(200);
    response.headers.add("DPoP-Nonce", "n-7");
    return response;
  };
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  EXPECT_EQ(read(server_.proofs[1]).nonce, "n-7");
}

TEST_F(DpopKeyTest, what_is_no_nonce_is_neither_taken_nor_asked_for) {
  for (const char* text : {"two words", "a\"b", "a\\b", "\xff", ""}) {
    server_.proofs.clear();
    server_.answer = [text](const http::Request&) { return challenge(401, text); };
    EXPECT_EQ(key_->send(server_, request(), std::nullopt, {})->status, 401);
    ASSERT_EQ(server_.proofs.size(), 1u) << text;
  }
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  EXPECT_FALSE(read(server_.proofs.back()).nonce);
}

TEST_F(DpopKeyTest, one_servers_nonce_is_not_shown_to_another) {
  server_.answer = [](const http::Request&) {
    http::Response response = http::empty_response(200);
    response.headers.add("DPoP-Nonce", "n-7");
    return response;
  };
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  ASSERT_TRUE(key_->send(server_, request("https://other.example.com/x"), std::nullopt, {}));
  EXPECT_FALSE(read(server_.proofs[1], std::nullopt, "https://other.example.com/x").nonce);
}

TEST_F(DpopKeyTest, an_oversize_nonce_is_ignored) {
  server_.answer = [](const http::Request&) {
    http::Response response = http::empty_response(200);
    response.headers.add("DPoP-Nonce", std::string(5000, 'n'));
    return response;
  };
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  ASSERT_TRUE(key_->send(server_, request(), std::nullopt, {}));
  EXPECT_FALSE(read(server_.proofs[1]).nonce);
}

TEST_F(DpopKeyTest, a_stored_key_is_the_same_key) {
  const auto stored = key_->to_pkcs8();
  const auto again = DpopKey::from_pkcs8(*stored, clock_);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->thumbprint(), key_->thumbprint());
}

}  // namespace
}  // namespace latchkey::session
