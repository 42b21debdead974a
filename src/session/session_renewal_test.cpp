// Renewing tokens: when, by whom, and what the server can do to it.
#include "tests/support/session_test.h"

#include <atomic>
#include <thread>

namespace latchkey::session {
namespace {

// --- renewing ---

TEST_F(SessionTest, a_good_token_costs_no_request) {
  sign_in();
  clock_.advance(250s);  // 16.7 % of its life are left
  EXPECT_EQ(token(), "at-1");
  EXPECT_EQ(provider_.calls_of("/token"), 1);
}

TEST_F(SessionTest, a_token_is_renewed_before_its_end) {
  sign_in();
  clock_.advance(286s);  // 4.7 % are left
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-2");
  EXPECT_EQ(store_.stored()->revision, 2);
}

TEST_F(SessionTest, a_clock_that_was_put_back_renews_the_token) {
  sign_in();
  clock_.advance(-3600s);
  EXPECT_EQ(token(), "at-2");
}

TEST_F(SessionTest, a_renewal_keeps_the_refresh_token_the_server_does_not_replace) {
  sign_in();
  expire();
  provider_.gives_refresh_token = false;
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-1");
}

TEST_F(SessionTest, without_a_refresh_token_the_access_token_is_used_to_its_end) {
  provider_.gives_refresh_token = false;
  sign_in();
  clock_.advance(299s);
  EXPECT_EQ(token(), "at-1");
  clock_.advance(1s);
  EXPECT_EQ(failure(), Code::login_required);
  EXPECT_EQ(provider_.calls_of("/token"), 1);
}

TEST_F(SessionTest, a_server_that_does_not_answer_leaves_a_good_token_in_use) {
  sign_in();
  clock_.advance(286s);
  token_answers([] { return fail(Code::network_timeout); });
  EXPECT_EQ(token(), "at-1");
  expire();
  EXPECT_EQ(failure(), Code::network_timeout);
  EXPECT_EQ(session_->state(), State::active);
}

TEST_F(SessionTest, a_lost_answer_is_asked_for_again_and_the_session_lives) {
  sign_in();
  expire();
  provider_.afterwards = [](const http::Request& request) -> Answer {
    if (!request.url.ends_with("/token")) return std::nullopt;
    return fail(Code::network_timeout);
  };
  EXPECT_EQ(failure(), Code::network_timeout);
  provider_.afterwards = nullptr;
  EXPECT_EQ(token(), "at-3");  // the same successor once more, with an access token of its own
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-2");
}

TEST_F(SessionTest, the_servers_nonce_is_remembered_for_the_next_request) {
  provider_.required_nonce = "n-1";
  sign_in();
  expire();
  EXPECT_EQ(token(), "at-2");
  EXPECT_EQ(provider_.proof_nonces.back(), "n-1");
}

TEST_F(SessionTest, a_changed_nonce_costs_one_more_request_and_only_one) {
  provider_.required_nonce = "n-1";
  sign_in();
  expire();
  token();
  const int before = provider_.calls_of("/token");
  provider_.required_nonce = "n-2";
  expire();
  EXPECT_EQ(token(), "at-3");
  EXPECT_EQ(provider_.calls_of("/token"), before + 2);
}

TEST_F(SessionTest, a_server_that_always_wants_another_nonce_is_not_asked_for_ever) {
  sign_in();
  expire();
  int nonce = 0;
  token_answers([&] {
    http::Response response = FakeProvider::error(400, "use_dpop_nonce");
    response.headers.add("DPoP-Nonce", "n-" + std::to_string(++nonce));
    return response;
  });
  EXPECT_EQ(failure(), Code::use_dpop_nonce);
  EXPECT_EQ(nonce, 2);
  EXPECT_EQ(session_->state(), State::active);
}

TEST_F(SessionTest, oidcc_refresh_token_invalid_issuer) {
  sign_in();
  expire();
  provider_.edit_claims = [](auto& claims) { claims["iss"] = "\"https://evil.example.com\""; };
  EXPECT_EQ(failure(), Code::id_token_invalid);
  EXPECT_EQ(session_->state(), State::active);
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-1");
}

TEST_F(SessionTest, oidcc_refresh_token_invalid_sub) {
  sign_in();
  expire();
  provider_.user = "mallory";
  EXPECT_EQ(failure(), Code::id_token_invalid);
  EXPECT_EQ(store_.stored()->subject, "alice");
  EXPECT_EQ(store_.stored()->refresh_token->reveal_text(), "rt-1");
}

TEST_F(SessionTest, a_downgrade_to_bearer_tokens_is_refused) {
  sign_in();
  expire();
  provider_.edit_tokens = [](auto& tokens) { tokens.token_type = protocol::oauth::TokenType::bearer; };
  EXPECT_EQ(failure(), Code::protocol_violation);
  EXPECT_EQ(session_->state(), State::active);
}

// --- many at once ---

TEST_F(SessionTest, thirty_two_threads_share_one_renewal) {
  sign_in();
  expire();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i)
    threads.emplace_back([&] {
      const auto access = session_->access();
      good += access && access->record->access_token.reveal_text() == "at-2";
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 32);
  EXPECT_EQ(provider_.calls_of("/token"), 2);
}

TEST_F(SessionTest, a_cancelled_caller_does_not_take_the_others_with_it) {
  sign_in();
  expire();
  std::stop_source stop;
  std::thread follower;
  std::atomic<bool> is_first = true;
  Result<Access> followers = fail(Code::internal);
  provider_.instead = [&](const http::Request& request) -> Answer {
    if (!request.url.ends_with("/token") || !is_first.exchange(false)) return std::nullopt;
    follower = std::thread([&] { followers = session_->access(); });
    stop.request_stop();
    return fail(Code::cancelled);
  };
  EXPECT_EQ(session_->access(stop.get_token()).error().code, Code::cancelled);
  follower.join();
  ASSERT_TRUE(followers) << to_string(followers.error());
  EXPECT_EQ(followers->record->access_token.reveal_text(), "at-2");
}

}  // namespace
}  // namespace latchkey::session
