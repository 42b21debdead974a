// Row 67 of the security catalogue: a clock that steps. Back: what had expired and was seen to stays so, nobody's
// session ends, nobody is locked out. Forward: short-lived things end, sessions and people go on.
#include <gtest/gtest.h>

#include "base/base64url.h"
#include "crypto/digest.h"
#include "identity/server.h"
#include "protocol/routes.h"
#include "tests/support/identity_server.h"
#include "tests/support/interrupted_database.h"
#include "tests/support/oauth_world.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;

class ClockSteps : public tests::OAuthWorld {
 protected:
  tests::Reply refresh(const std::string& token) { return post("/token", refresh_fields(token)); }
  tests::Reply refresh_bound(const std::string& token, const std::string& proof) {
    return post("/token", refresh_fields(token), {{"DPoP", proof}});
  }
  // As a client does: once more, with the nonce of the answer.
  tests::Reply refresh_with_nonce(const std::string& token, const tests::Device& device) {
    tests::Reply reply = refresh_bound(token, device.prove("POST", token_url, clock_.now()));
    if (reply.text("error") != "use_dpop_nonce") return reply;
    return refresh_bound(token, device.prove("POST", token_url, clock_.now(), {}, reply.field("DPoP-Nonce")));
  }
  void keep_house() {
    write([this](sql::Transaction& tx) { return drop_old_authorization_codes(tx, clock_.now()); });
  }
};

TEST_F(ClockSteps, row_67_refreshes_go_on_over_steps_of_an_hour_both_ways) {
  std::string token = sign_in().text("refresh_token");
  for (const auto step : {1h, -2h, 1h}) {
    clock_.advance(step);
    const tests::Reply reply = refresh(token);
    ASSERT_EQ(reply.status, 200) << step.count();
    EXPECT_EQ(refresh(token).text("refresh_token"), reply.text("refresh_token")) << "a lost answer, asked for again";
    token = reply.text("refresh_token");
  }
}

TEST_F(ClockSteps, row_67_a_lost_answer_is_given_again_after_a_step_back) {
  const std::string before = sign_in().text("refresh_token");
  const std::string after = refresh(before).text("refresh_token");
  clock_.advance(-1h);
  EXPECT_EQ(refresh(before).text("refresh_token"), after);
}

TEST_F(ClockSteps, row_67_a_lost_answer_is_recovered_after_a_step_forward_and_nobody_is_taken_for_a_thief) {
  const std::string before = sign_in().text("refresh_token");
  ASSERT_EQ(refresh(before).status, 200);
  clock_.advance(1h);
  EXPECT_EQ(refresh(before).status, 200) << "beyond the grace time: another attempt of the same generation";
}

TEST_F(ClockSteps, row_67_a_code_is_refused_after_a_step_forward_and_the_next_sign_in_works) {
  const std::string issued = code(grant());
  clock_.advance(1h);
  EXPECT_EQ(post("/token", code_fields(issued)).text("error"), "invalid_grant");
  EXPECT_EQ(sign_in().status, 200);
}

TEST_F(ClockSteps, row_67_a_step_back_does_not_revive_a_code_that_expired) {
  const std::string issued = code(grant());
  clock_.advance(2min);
  keep_house();
  clock_.advance(-2min);
  EXPECT_EQ(post("/token", code_fields(issued)).text("error"), "invalid_grant");
}

TEST_F(ClockSteps, row_67_a_used_code_stays_used) {
  const std::string issued = code(grant());
  const std::string token = post("/token", code_fields(issued)).text("refresh_token");
  clock_.advance(-1h);
  keep_house();
  EXPECT_EQ(post("/token", code_fields(issued)).text("error"), "invalid_grant");
  EXPECT_EQ(refresh(token).text("error"), "invalid_grant") << "a second use ends the session";
}

TEST_F(ClockSteps, row_67_tokens_from_before_a_step_back_are_good_and_those_from_before_a_step_forward_end) {
  const tests::Reply tokens = sign_in();
  const std::string bearer = "Bearer " + tokens.text("access_token");
  clock_.advance(-30s);
  EXPECT_EQ(get("/userinfo", {{"Authorization", bearer}}).status, 200);
  clock_.advance(1h);
  EXPECT_EQ(get("/userinfo", {{"Authorization", bearer}}).status, 401);
  EXPECT_EQ(refresh(tokens.text("refresh_token")).status, 200) << "and are renewed";
}

TEST_F(ClockSteps, row_67_what_was_revoked_stays_revoked) {
  const tests::Reply tokens = sign_in();
  ASSERT_EQ(post("/revoke", {{"token", tokens.text("refresh_token")}, {"client_id", "app"}}).status, 200);
  for (const auto step : {-1h, 2h}) {
    clock_.advance(step);
    EXPECT_EQ(refresh(tokens.text("refresh_token")).text("error"), "invalid_grant");
    EXPECT_FALSE(is_active(tokens.text("access_token")));
  }
}

TEST_F(ClockSteps, row_67_a_proof_that_was_forgotten_is_not_good_again_when_its_time_comes_again) {
  const tests::Device device;
  std::string token = sign_in(device).text("refresh_token");
  clock_.advance(1min);
  const auto shard_of = [&](const ByteArray<16>& jti) {
    return ReplayStore::shard_of(crypto::sha256(as_bytes(device.thumbprint() + to_base64url(jti))));
  };
  const auto prove = [&](const ByteArray<16>& jti) {
    return device.prove("POST", token_url, clock_.now(), {}, {}, jti);
  };
  const ByteArray<16> jti{};
  ByteArray<16> neighbour{1};
  while (shard_of(neighbour) != shard_of(jti)) neighbour = crypto::random_array<16>();
  const std::string seen = prove(jti);
  ASSERT_EQ(refresh_bound(token, seen).status, 200);
  clock_.advance(1h);
  ASSERT_EQ(refresh_bound(token, prove(neighbour)).status, 200) << "which makes the shard forget what is old";
  clock_.advance(-1h);
  EXPECT_EQ(refresh_bound(token, seen).text("error"), "use_dpop_nonce");
  EXPECT_EQ(refresh_with_nonce(token, device).status, 200) << "the device goes on, with one request more";
}

TEST_F(ClockSteps, row_67_devices_go_on_after_a_clock_was_an_hour_ahead_for_a_while) {
  const tests::Device device;
  const std::string token = sign_in(device).text("refresh_token");
  for (const auto step : {3600s, -3600s, 1s, -7200s, 10800s}) {
    clock_.advance(step);
    EXPECT_EQ(refresh_with_nonce(token, device).status, 200) << step.count();
  }
}

TEST_F(ClockSteps, row_67_a_device_needs_no_nonce_for_steps_as_small_as_clocks_are_set_by) {
  const tests::Device device;
  const std::string token = sign_in(device).text("refresh_token");
  clock_.advance(20s);
  ASSERT_EQ(refresh_bound(token, device.prove("POST", token_url, clock_.now())).status, 200);
  clock_.advance(-9s);
  EXPECT_EQ(refresh_bound(token, device.prove("POST", token_url, clock_.now())).status, 200);
}

// The disk keeps one commit waiting while others come and go.
TEST_F(ClockSteps, row_67_a_commit_that_stalls_is_no_step_back_and_ends_no_nonce) {
  db_ = std::make_unique<tests::InterruptedDatabase>(std::move(db_));
  auto& stalling = static_cast<tests::InterruptedDatabase&>(*db_);
  start_service(/*requires_dpop_nonce=*/true);
  const tests::Device device;
  const auto redeem = [&](const std::string& nonce) {
    return post("/token", code_fields(code(grant())),
                {{"DPoP", device.prove("POST", token_url, clock_.now(), {}, nonce)}});
  };
  const std::string nonce = redeem("").field("DPoP-Nonce");
  std::string meanwhile;
  stalling.before_write(2, [&] {  // the first stores the code
    clock_.advance(6min);
    meanwhile = redeem("").field("DPoP-Nonce");
  });
  const tests::Reply late = redeem(nonce);
  ASSERT_TRUE(stalling.has_happened());
  EXPECT_EQ(late.status, 200);
  EXPECT_EQ(redeem(meanwhile).status, 200) << "what others were given is good";
  EXPECT_EQ(redeem(late.field("DPoP-Nonce")).status, 200) << "and so is what the late answer gives";
}

struct ClockStepsOfSignIns : ::testing::Test {
  ClockStepsOfSignIns() { server.add_user(tests::ada, tests::ada_password); }
  tests::Page attempt(tests::Browser& from, std::string_view password) {
    return server.sign_in(from, from.get(protocol::routes::sign_in), tests::ada, password);
  }
  tests::Page attempt_anew(std::string_view password) {
    tests::Browser stranger = server.browser();
    return attempt(stranger, password);
  }
  tests::IdentityServer server;
};

TEST_F(ClockStepsOfSignIns, row_67_a_step_back_locks_nobody_out) {
  tests::Browser known = server.browser();
  ASSERT_EQ(attempt(known, tests::ada_password).status, 303);
  known.cookies().erase("__Host-sid");
  ASSERT_EQ(attempt(known, "not the right password").status, 422);
  server.clock.advance(-std::chrono::hours(24));
  EXPECT_EQ(attempt(known, tests::ada_password).status, 303) << "a browser that had signed in";
  EXPECT_EQ(attempt_anew(tests::ada_password).status, 303) << "and a new one, from the same address";
}

TEST_F(ClockStepsOfSignIns, row_67_a_step_back_gives_one_attempt_and_no_more) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(attempt_anew("not the right password").status, 422);
  ASSERT_EQ(attempt_anew("not the right password").status, 429);
  server.clock.advance(-std::chrono::hours(24));
  EXPECT_EQ(attempt_anew("not the right password").status, 422);
  EXPECT_EQ(attempt_anew("not the right password").status, 429);
}

TEST_F(ClockStepsOfSignIns, row_67_a_step_forward_fills_buckets_no_further_than_full) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(attempt_anew("not the right password").status, 422);
  server.clock.advance(std::chrono::hours(24 * 365));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(attempt_anew("not the right password").status, 422);
  EXPECT_EQ(attempt_anew("not the right password").status, 429);
}

TEST_F(ClockStepsOfSignIns, row_67_a_step_back_does_not_revive_a_browsers_session_that_ended) {
  tests::Browser browser = server.browser();
  ASSERT_EQ(attempt(browser, tests::ada_password).status, 303);
  server.clock.advance(std::chrono::hours(25));
  ASSERT_TRUE(server.server->keep_house());
  server.clock.advance(-std::chrono::hours(25));
  EXPECT_EQ(browser.get(protocol::routes::account).status, 303) << "leads to the sign-in page";
}

TEST_F(ClockStepsOfSignIns, row_67_a_form_is_good_after_a_step_back) {
  tests::Browser browser = server.browser();
  const tests::Page form = browser.get(protocol::routes::sign_in);
  server.clock.advance(-std::chrono::seconds(5));
  EXPECT_EQ(server.sign_in(browser, form).status, 303);
}

}  // namespace
}  // namespace latchkey::identity
