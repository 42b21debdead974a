// The rotation policy an operator writes into the configuration file, as clients meet it at the token endpoint.
#include <gtest/gtest.h>

#include "identity/config/config.h"
#include "identity/server.h"
#include "tests/support/oauth_world.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using tests::Device;
using tests::Reply;

class RefreshPolicy : public tests::OAuthWorld {
 protected:
  void configure(std::string_view toml) {
    const auto file = parse_config_file(toml);
    ASSERT_TRUE(file) << to_string(file.error());
    const auto config = resolve_config({}, *file, {.home = "/home/ada", .xdg_state_home = {}, .processors = 1});
    ASSERT_TRUE(config) << to_string(config.error());
    start_service_with(ServerSettings::from(*config).oauth);
  }
  Reply refresh(const std::string& token) { return post("/token", refresh_fields(token)); }
  Reply refresh(const std::string& token, const Device& device) {
    return post("/token", refresh_fields(token), {{"DPoP", device.prove("POST", token_url, clock_.now())}});
  }
  // Somebody used the answer to a refresh; later the token before it is presented again.
  Reply present_predecessor_of_a_used_answer() {
    const auto first = sign_in().text("refresh_token");
    newest_ = refresh(first);
    EXPECT_EQ(newest_.status, 200);
    const auto used = get("/userinfo", {{"Authorization", "Bearer " + newest_.text("access_token")}});
    EXPECT_EQ(used.status, 200);
    clock_.advance(121s);
    return refresh(first);
  }
  Reply newest_;
};

TEST_F(RefreshPolicy, by_default_a_predecessor_whose_successor_was_used_recovers) {
  configure("");
  EXPECT_EQ(present_predecessor_of_a_used_answer().status, 200);
}

TEST_F(RefreshPolicy, strict_ends_the_session_then) {
  configure("refresh_strict = true");
  const auto reply = present_predecessor_of_a_used_answer();
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.text("error"), "invalid_grant");
  EXPECT_EQ(refresh(newest_.text("refresh_token")).text("error"), "invalid_grant") << "for both parties";
}

TEST_F(RefreshPolicy, strict_forgives_an_answer_nobody_used) {
  configure("refresh_strict = true");
  const auto first = sign_in().text("refresh_token");
  EXPECT_EQ(refresh(first).status, 200);
  clock_.advance(121s);
  EXPECT_EQ(refresh(first).status, 200);
}

TEST_F(RefreshPolicy, when_old_rotates_bound_tokens_late_in_their_idle_time) {
  configure("refresh_bound_rotation = \"when_old\"");
  const Device device;
  const auto first = sign_in(device).text("refresh_token");
  clock_.advance(days(20));
  EXPECT_EQ(refresh(first, device).text("refresh_token"), first);
  clock_.advance(days(2));
  const auto reply = refresh(first, device);
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.text("refresh_token"), first);
}

TEST_F(RefreshPolicy, every_use_rotates_bound_tokens_at_once) {
  configure("refresh_bound_rotation = \"every_use\"");
  const Device device;
  const auto first = sign_in(device).text("refresh_token");
  const auto second = refresh(first, device).text("refresh_token");
  EXPECT_TRUE(second.starts_with("rt1_"));
  EXPECT_NE(second, first);
}

TEST_F(RefreshPolicy, never_keeps_one_bound_token_alive_as_long_as_it_is_used) {
  configure("refresh_bound_rotation = \"never\"");
  const Device device;
  const auto token = sign_in(device).text("refresh_token");
  for (int i = 0; i < 7; ++i) {
    clock_.advance(days(25));
    ASSERT_TRUE(keys_->rotate_if_due(clock_.now()));
    const auto reply = refresh(token, device);
    ASSERT_EQ(reply.status, 200) << i;
    EXPECT_EQ(reply.text("refresh_token"), token);
  }
  clock_.advance(days(6));
  EXPECT_EQ(refresh(token, device).text("error"), "invalid_grant") << "the absolute end does not move";
}

TEST_F(RefreshPolicy, never_still_ends_a_bound_session_nobody_uses) {
  configure("refresh_bound_rotation = \"never\"");
  const Device device;
  const auto token = sign_in(device).text("refresh_token");
  clock_.advance(days(31));
  EXPECT_EQ(refresh(token, device).text("error"), "invalid_grant");
}

TEST_F(RefreshPolicy, never_does_not_apply_to_bearer_tokens) {
  configure("refresh_bound_rotation = \"never\"");
  const auto first = sign_in().text("refresh_token");
  EXPECT_NE(refresh(first).text("refresh_token"), first);
}

}  // namespace
}  // namespace latchkey::identity
