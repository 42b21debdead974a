// Tokens say where their status is published, and the published list says what ended, however it ended.
#include "protocol/status_list.h"

#include <gtest/gtest.h>

#include "identity/accounts/password_store.h"
#include "identity/login/browser_sessions.h"
#include "tests/support/oauth_world.h"
#include "tests/support/password_hash.h"

namespace latchkey::identity {
namespace {

using namespace std::chrono_literals;
using tests::Reply;

class StatusListEndpoint : public tests::OAuthWorld {
 protected:
  StatusReference status_of(const Reply& tokens) {
    const auto claims = verify_access_token(tokens.text("access_token"), issuer, *keys_->current(), clock_.now());
    EXPECT_TRUE(claims && claims->status);
    return claims->status.value_or(StatusReference{});
  }
  std::string path_of(const StatusReference& status) { return status.uri.substr(std::string(issuer).size()); }
  Result<bool> is_ended(const StatusReference& status) {
    const Reply reply = get(path_of(status));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.field("Content-Type"), "application/statuslist+jwt");
    TRY(const auto read,
        protocol::verify_status_list(reply.body, keys_->current()->verifying, status.uri, clock_.now()));
    return read.list.is_set(status.index);
  }
  // Ends it by `how`; the list must tell within its delay.
  template <class Closure>
  void expect_ended_by(Closure how) {
    const auto status = status_of(sign_in());
    EXPECT_FALSE(is_ended(status).value());
    how();
    clock_.advance(status_list_delay);
    EXPECT_TRUE(is_ended(status).value());
  }
};

TEST_F(StatusListEndpoint, row_62_every_way_of_ending_a_session_sets_its_bit) {
  std::string token;
  const auto with_transaction = [this](auto end) { write([&](sql::Transaction& tx) { return end(tx); }); };
  const Reply tokens = sign_in();
  const auto status = status_of(tokens);
  EXPECT_FALSE(is_ended(status).value());
  EXPECT_EQ(post("/revoke", {{"token", tokens.text("refresh_token")}, {"client_id", "app"}}).status, 200);
  clock_.advance(status_list_delay);
  EXPECT_TRUE(is_ended(status).value()) << "revoked";

  expect_ended_by([&] {
    with_transaction([&](auto& tx) {
      return end_session(tx, user_, SessionId("sid-1"), RevocationReason::signed_out, clock_.now());
    });
  });
  expect_ended_by([&] {
    with_transaction([&](auto& tx) { return end_all_sessions(tx, user_, RevocationReason::signed_out, clock_.now()); });
  });
  expect_ended_by([&] {
    with_transaction([&](auto& tx) { return change_password(tx, user_, tests::some_password_hash, clock_.now()); });
  });
  expect_ended_by([&] { with_transaction([&](auto& tx) { return disable_account(tx, user_, clock_.now()); }); });
}

TEST_F(StatusListEndpoint, row_62_a_reused_refresh_token_sets_the_bit) {
  const Reply first = sign_in();
  const auto status = status_of(first);
  clock_.advance(1h);
  const Reply second = post("/token", refresh_fields(first.text("refresh_token")));
  EXPECT_EQ(status_of(second), status) << "the family's own, for life";
  clock_.advance(1h);
  const Reply third = post("/token", refresh_fields(second.text("refresh_token")));
  ASSERT_EQ(third.status, 200);
  clock_.advance(1h);
  EXPECT_EQ(post("/token", refresh_fields(first.text("refresh_token"))).text("error"), "invalid_grant");
  EXPECT_TRUE(is_ended(status).value());
}

TEST_F(StatusListEndpoint, a_reused_code_sets_the_bit) {
  const std::string once = code(grant());
  const auto status = status_of(post("/token", code_fields(once)));
  EXPECT_EQ(post("/token", code_fields(once)).status, 400);
  EXPECT_TRUE(is_ended(status).value());
}

TEST_F(StatusListEndpoint, other_sessions_are_left_alone) {
  const auto mine = status_of(sign_in());
  const Reply others = sign_in();
  EXPECT_EQ(post("/revoke", {{"token", others.text("refresh_token")}, {"client_id", "app"}}).status, 200);
  EXPECT_FALSE(is_ended(mine).value());
  EXPECT_TRUE(is_ended(status_of(others)).value());
}

TEST_F(StatusListEndpoint, a_list_is_signed_again_only_when_a_bit_changed_or_it_grows_old) {
  const Reply tokens = sign_in();
  const std::string path = path_of(status_of(tokens));
  const Reply first = get(path);
  EXPECT_EQ(first.field("Cache-Control"), "no-cache");
  clock_.advance(1min);
  EXPECT_EQ(get(path, {{"If-None-Match", first.field("ETag")}}).status, 304);
  post("/revoke", {{"token", tokens.text("refresh_token")}, {"client_id", "app"}});
  const Reply second = get(path, {{"If-None-Match", first.field("ETag")}});
  EXPECT_EQ(second.status, 304) << "looked at less than two seconds ago";
  clock_.advance(status_list_delay);
  const Reply third = get(path, {{"If-None-Match", first.field("ETag")}});
  EXPECT_EQ(third.status, 200);
  clock_.advance(status_list_signed_for);
  EXPECT_EQ(get(path, {{"If-None-Match", third.field("ETag")}}).status, 200);
}

TEST_F(StatusListEndpoint, a_clock_set_back_does_not_stop_the_list) {
  clock_.advance(2h);
  const Reply tokens = sign_in();
  const auto status = status_of(tokens);
  EXPECT_FALSE(is_ended(status).value());
  clock_.advance(-1h);
  post("/revoke", {{"token", tokens.text("refresh_token")}, {"client_id", "app"}});
  EXPECT_TRUE(is_ended(status).value());
}

TEST_F(StatusListEndpoint, only_lists_that_exist_are_there) {
  EXPECT_EQ(get("/status-lists/0").status, 404) << "before the first sign-in";
  sign_in();
  EXPECT_EQ(get("/status-lists/0").status, 200);
  for (const char* path : {"/status-lists/1", "/status-lists/", "/status-lists/00", "/status-lists/-1",
                           "/status-lists/0/", "/status-lists/9999999999", "/status-lists/0x0", "/status-lists/%30"})
    EXPECT_EQ(get(path).status, 404) << path;
  EXPECT_EQ(get("/status-lists/0?time=1700000000").status, 501);
  EXPECT_EQ(post("/status-lists/0", {}).status, 405);
}

TEST_F(StatusListEndpoint, the_metadata_lead_to_all_lists) {
  sign_in();
  const std::string endpoint = get("/.well-known/oauth-authorization-server").text("status_list_aggregation_endpoint");
  EXPECT_EQ(endpoint, "https://id.example/status-lists");
  EXPECT_EQ(get("/status-lists").body, R"({"status_lists":["https://id.example/status-lists/0"]})");
}

TEST_F(StatusListEndpoint, a_clients_own_token_names_no_list) {
  const Reply reply = post("/token", {{"grant_type", "client_credentials"}}, {basic("service", service_secret_)});
  const auto claims = verify_access_token(reply.text("access_token"), issuer, *keys_->current(), clock_.now());
  ASSERT_TRUE(claims);
  EXPECT_FALSE(claims->status);
}

}  // namespace
}  // namespace latchkey::identity
