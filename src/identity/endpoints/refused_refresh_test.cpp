// Which refused refreshes count against the address they come from, and what such an address is answered: 429 (RFC 6585
// section 4), which must never look like a session's end.
#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/oauth_world.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;
using tests::Device;
using tests::Fields;
namespace limits = protocol::limits;

enum class Counts { yes, no };

class RefusedRefresh : public tests::OAuthWorld {
 protected:
  static std::string forged(std::string token) {
    token[10] = token[10] == 'A' ? 'B' : 'A';  // within the family's id
    return token;
  }
  static std::string with_wrong_tag(std::string token) {
    token.back() = token.back() == 'A' ? 'Q' : 'A';
    return token;
  }
  std::string revoked() {
    auto token = sign_in().text("refresh_token");
    EXPECT_EQ(post("/revoke", {{"token", token}, {"client_id", "app"}}).status, 200);
    return token;
  }
  tests::Reply refresh(const std::string& token, const std::string& client = "app") {
    return post("/token", refresh_fields(token, client));
  }
  // Sends it until the budget would be gone, then expects what the row says.
  void expect(Counts counts, const std::string& what, const std::string& token, const std::string& client = "app") {
    start_service();
    for (int i = 0; i < limits::unknown_refresh_tokens; ++i) {
      const auto reply = refresh(token, client);
      ASSERT_EQ(reply.status, 400) << what;
      ASSERT_EQ(reply.text("error"), "invalid_grant") << what;
    }
    EXPECT_EQ(refresh(token, client).status, counts == Counts::yes ? 429 : 400) << what;
  }
  void use_up() {
    for (int i = 0; i < limits::unknown_refresh_tokens; ++i) refresh("rt1_none");
  }
};

TEST_F(RefusedRefresh, tokens_we_never_issued_count) {
  const auto token = sign_in().text("refresh_token");
  expect(Counts::yes, "not a refresh token", "garbage");
  expect(Counts::yes, "of no family", forged(token));
  expect(Counts::yes, "with a wrong tag", with_wrong_tag(token));
  start_service();
  EXPECT_EQ(refresh(token).status, 200) << "none of it ended the session";
}

TEST_F(RefusedRefresh, tokens_we_issued_do_not_count) {
  const auto token = sign_in().text("refresh_token");
  expect(Counts::no, "revoked", revoked());
  expect(Counts::no, "another client's", token, "other-app");
  EXPECT_EQ(refresh(token).status, 200);
  clock_.advance(std::chrono::days(31));
  expect(Counts::no, "expired", token);
}

TEST_F(RefusedRefresh, the_answer_says_when_to_come_back_and_nothing_about_the_session) {
  use_up();
  const auto reply = refresh("rt1_none");
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.text("error"), "temporarily_unavailable");
  EXPECT_EQ(reply.field("Retry-After"), "1");
  EXPECT_EQ(reply.field("Cache-Control"), "no-store");
}

TEST_F(RefusedRefresh, an_app_behind_the_same_address_waits_and_keeps_its_session) {
  const auto token = sign_in().text("refresh_token");
  use_up();
  const auto reply = refresh(token);
  EXPECT_EQ(reply.status, 429);
  clock_.advance(std::chrono::seconds(std::stoi(reply.field("Retry-After"))));
  EXPECT_EQ(refresh(token).status, 200) << "the same token";
}

TEST_F(RefusedRefresh, good_tokens_use_nothing_up) {
  auto token = sign_in().text("refresh_token");
  for (int i = 0; i < 2 * limits::unknown_refresh_tokens; ++i) {
    const auto reply = refresh(token);
    ASSERT_EQ(reply.status, 200) << i;
    token = reply.text("refresh_token");
  }
}

TEST_F(RefusedRefresh, codes_we_never_issued_count_as_well) {
  for (int i = 0; i < limits::unknown_refresh_tokens; ++i)
    ASSERT_EQ(post("/token", code_fields("code" + std::to_string(i))).text("error"), "invalid_grant") << i;
  EXPECT_EQ(post("/token", code_fields("one-more")).status, 429);
  clock_.advance(1s);
  EXPECT_EQ(sign_in().status, 200) << "who signs in there goes on a second later";
}

TEST_F(RefusedRefresh, codes_we_issued_do_not_count) {
  const std::string issued = code(grant());
  for (int i = 0; i < limits::unknown_refresh_tokens; ++i)
    ASSERT_EQ(post("/token", code_fields(issued, "other-app")).status, 400) << "another client's";
  EXPECT_EQ(post("/token", code_fields(issued)).status, 200);
}

TEST_F(RefusedRefresh, revoking_tokens_we_never_issued_counts_and_is_not_told) {
  const auto token = sign_in().text("refresh_token");
  const auto revoke = [&](const std::string& what) { return post("/revoke", {{"token", what}, {"client_id", "app"}}); };
  for (int i = 0; i < limits::unknown_refresh_tokens; ++i) ASSERT_EQ(revoke(forged(token)).status, 200) << i;
  const auto reply = revoke(token);
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.field("Retry-After"), "1");
  clock_.advance(1s);
  EXPECT_EQ(refresh(token).status, 200) << "it was not revoked unheard";
  EXPECT_EQ(revoke(token).status, 200);
  EXPECT_EQ(refresh(token).text("error"), "invalid_grant");
}

TEST_F(RefusedRefresh, strangers_leave_room_for_the_proofs_of_others) {
  const Device stranger;
  use_up();
  const Fields proof{{"DPoP", stranger.prove("POST", token_url, clock_.now())}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post("/token", code_fields("none"), proof).status, 429) << "not even looked at";
}

TEST_F(RefusedRefresh, other_addresses_and_other_grants_go_on) {
  const auto token = sign_in().text("refresh_token");
  use_up();
  EXPECT_EQ(post("/token", {{"grant_type", "client_credentials"}}, {basic("service", service_secret_)}).status, 200);
  address_ = *http::Address::parse("192.0.2.7");
  EXPECT_EQ(refresh(token).status, 200);
}

TEST_F(RefusedRefresh, a_device_may_send_the_same_proof_again_after_waiting) {
  const Device device;
  const auto token = sign_in(device).text("refresh_token");
  use_up();
  const Fields proof{{"DPoP", device.prove("POST", token_url, clock_.now())}};
  EXPECT_EQ(post("/token", refresh_fields(token), proof).status, 429);
  clock_.advance(1s);
  EXPECT_EQ(post("/token", refresh_fields(token), proof).status, 200);
}

TEST_F(RefusedRefresh, the_database_is_not_asked_while_an_address_waits) {
  use_up();
  db_->stop();
  EXPECT_EQ(refresh("rt1_none").status, 429) << "503 would mean that it was asked";
}

}  // namespace
}  // namespace latchkey::identity
